from django.urls import path

from tenantry.web.momentum.listing import add_listing
from tenantry.web.workspace import tasks
from tenantry.web.workspace.lists import TASKS

HOME = "apps/workspace"
TASK = f"{HOME}/tasks/<uuid:task_id>"

add_listing(TASKS)

urlpatterns = [
    path(HOME, tasks.workspace_home, name="workspace_home"),
    path(f"{HOME}/tasks", tasks.task_list, name="task_list"),
    path(f"{HOME}/tasks/add", tasks.task_add, name="task_add"),
    path(f"{HOME}/tasks/new", tasks.task_create, name="task_create"),
    path(TASK, tasks.task_detail, name="task_detail"),
    path(f"{TASK}/edit", tasks.task_edit, name="task_edit"),
    path(f"{TASK}/done", tasks.task_done, name="task_done"),
    path(f"{TASK}/undone", tasks.task_undone, name="task_undone"),
]
