from django.urls import path

from tenantry.web.accounts import first_passwords, invitations, signups, views

urlpatterns = [
    path("accounts/login", views.login, name="login"),
    path("accounts/logout", views.logout, name="logout"),
    path("accounts/first-password", first_passwords.first_password, name="first_password"),
    path("accounts/reset", views.password_reset, name="password_reset"),
    path("accounts/reset/<str:token>", views.password_choose, name="password_choose"),
    path("accounts/verify/<str:token>", signups.address_verify, name="address_verify"),
    path("accounts/invitation/<str:token>", invitations.invitation_accept, name="invitation_accept"),
    path("accounts/invitation/<str:token>/code", invitations.invitation_code, name="invitation_code"),
    path("signup", signups.signup, name="signup"),
]
