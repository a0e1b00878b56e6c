"""Tables of the CRM: records that somebody owns, and the stages that deals move through."""

from tenantry.crm.models.base import SUBJECTS, Attached, Record
from tenantry.crm.models.contacts import Company, Contact, Lead
from tenantry.crm.models.deals import Deal, DealApproval, DealMember, Mentorship, Stage
from tenantry.crm.models.files import DiscardedBytes, DriveUsage, File, Folder
from tenantry.crm.models.work import Activity, Note, Task

__all__ = [
    "SUBJECTS",
    "Activity",
    "Attached",
    "Company",
    "Contact",
    "Deal",
    "DealApproval",
    "DealMember",
    "DiscardedBytes",
    "DriveUsage",
    "File",
    "Folder",
    "Lead",
    "Mentorship",
    "Note",
    "Record",
    "Stage",
    "Task",
]
