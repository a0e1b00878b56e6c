from django.urls import path

from tenantry.web.workspace import choosing, drive, file_pages, folder_pages, record_files, serving

DRIVE = "apps/workspace/drive"
FILE = f"{DRIVE}/files/<uuid:file_id>"
FOLDER = f"{DRIVE}/folders/<uuid:folder_id>"

urlpatterns = [
    path(DRIVE, drive.drive_home, name="drive_home"),
    path(f"{DRIVE}/all", drive.file_list, name="file_list"),
    path(f"{DRIVE}/all.csv", drive.file_csv, name="file_csv"),
    path(f"{DRIVE}/largest", drive.drive_largest, name="drive_largest"),
    path(f"{DRIVE}/move", file_pages.file_move, name="file_move"),
    path(f"{DRIVE}/files", file_pages.file_upload, name="file_upload"),
    path(FILE, file_pages.file_detail, name="file_detail"),
    path(f"{FILE}/edit", file_pages.file_edit, name="file_edit"),
    path(f"{FILE}/replacement", file_pages.file_replacement, name="file_replacement"),
    path(f"{FILE}/content", serving.file_content, name="file_content"),
    path(f"{FILE}/preview/<int:page>/<int:width>", serving.file_preview, name="file_preview"),
    path(f"{DRIVE}/folders/choices", choosing.folder_choices, name="folder_choices"),
    path(f"{DRIVE}/folders/new", folder_pages.folder_create, name="folder_create"),
    path(FOLDER, drive.folder_detail, name="folder_detail"),
    path(f"{FOLDER}/edit", folder_pages.folder_edit, name="folder_edit"),
    path(f"{FOLDER}/deletion", folder_pages.folder_deletion, name="folder_deletion"),
    path(f"{DRIVE}/at/<str:type_key>/<uuid:record_id>", record_files.record_files, name="record_files"),
]
