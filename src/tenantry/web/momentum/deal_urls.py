from django.urls import path

from tenantry.web.momentum import approvals, board, deal_acts, deals, mentors, staging

HOME = "apps/momentum"
DEAL = f"{HOME}/deals/<uuid:deal_id>"

urlpatterns = [
    path(f"{HOME}/board", board.deal_board, name="deal_board"),
    path(f"{HOME}/board/begin", board.deal_board_begin, name="deal_board_begin"),
    path(f"{HOME}/board/<uuid:workflow_id>", board.deal_board_of, name="deal_board_of"),
    path(f"{HOME}/board/<uuid:workflow_id>/move", board.deal_board_move, name="deal_board_move"),
    path(f"{HOME}/deals", deals.deal_list, name="deal_list"),
    path(f"{HOME}/deals.csv", deals.deal_file, name="deal_file"),
    path(f"{HOME}/stages/choices", staging.stage_choices, name="stage_choices"),
    path(f"{HOME}/deals/new", deals.deal_create, name="deal_create"),
    path(DEAL, deals.deal_detail, name="deal_detail"),
    path(f"{DEAL}/edit", deals.deal_edit, name="deal_edit"),
    path(f"{DEAL}/move", deal_acts.deal_move, name="deal_move"),
    path(f"{DEAL}/win", deal_acts.deal_win, name="deal_win"),
    path(f"{DEAL}/loss", deal_acts.deal_loss, name="deal_loss"),
    path(f"{DEAL}/reopen", deal_acts.deal_reopen, name="deal_reopen"),
    path(f"{DEAL}/withdrawal", deal_acts.deal_withdrawal, name="deal_withdrawal"),
    path(f"{DEAL}/people", deal_acts.deal_people, name="deal_people"),
    path(f"{DEAL}/people/<uuid:membership_id>/removal", deal_acts.deal_member_removal, name="deal_member_removal"),
    path(f"{DEAL}/split", deal_acts.deal_split, name="deal_split"),
    path(f"{HOME}/approvals", approvals.approval_list, name="approval_list"),
    path(f"{HOME}/approvals/<uuid:approval_id>", approvals.approval_detail, name="approval_detail"),
    path("admin/users/u/<uuid:membership_id>/mentor", mentors.person_mentor, name="person_mentor"),
    path("admin/users/u/<uuid:membership_id>/mentor/choices", mentors.mentor_choices, name="mentor_choices"),
]
