"""Celery is the clock; the database is the queue. Nothing here carries work, only the word "sweep now"."""

import os

from celery import Celery
from celery.signals import task_prerun, worker_ready

from victimcare import calendars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victimcare.settings")

app = Celery("victimcare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every entry sweeps rows that are already due in Postgres. Seconds, not local-time crontabs: a
# clock change must not skip or double a sweep, and each sweep is safe to run twice.
SCHEDULE: dict[str, dict[str, object]] = {
    # Letters waiting to become a PDF, every 5 seconds.
    "render-queued-letters": {"task": "victimcare.letters.tasks.render_queued_letters", "schedule": 5.0},
    # Updates, promises, duties, reviews and answers that are due or late, and digests, every 30 seconds.
    "remind-of-what-is-due": {"task": "contacts.tasks.remind_of_what_is_due", "schedule": 30.0},
    # First contacts whose next step is due: is it still the right one? Every hour.
    "look-again-at-first-contacts": {
        "task": "contacts.tasks.look_again_at_first_contacts",
        "schedule": 3600.0,
    },
    # Extracts uploaded and waiting to be read, every 5 seconds.
    "read-waiting-extracts": {"task": "victimcare.intake.tasks.read_waiting_extracts", "schedule": 5.0},
    # Texts and emails waiting to be sent, every 5 seconds; what became of those on their way, every 30.
    "send-waiting-messages": {"task": "victimcare.messaging.tasks.send_waiting_messages", "schedule": 5.0},
    "look-after-messages": {"task": "victimcare.messaging.tasks.look_after_messages", "schedule": 30.0},
    # Emails to staff: digests, and what cannot wait, every 5 seconds.
    "send-staff-mail": {"task": "victimcare.messaging.tasks.send_staff_mail", "schedule": 5.0},
    # Leave that somebody covers, and the brief they are handed, every minute.
    "hand-over-for-leave": {"task": "referrals.tasks.hand_over_for_leave", "schedule": 60.0},
    # Plans to be agreed anew after a milestone that a crash left unasked, every 10 minutes.
    "ask-for-plans-again": {"task": "contacts.tasks.ask_for_plans_again", "schedule": 600.0},
    # Which calls reach whom, at which hours, every hour.
    "count-reach": {"task": "contacts.tasks.count_reach", "schedule": 3600.0},
    # Victims to be rung at once because a suspect was released, and calls that are late, every 15 seconds.
    "ring-at-once": {"task": "contacts.tasks.ring_at_once", "schedule": 15.0},
    # Officers in the case who are to tell a victim, and those who stay silent, every 30 seconds.
    "ask-officers-to-tell": {"task": "desk.tasks.ask_officers_to_tell", "schedule": 30.0},
    # What became of texts and emails, kept among the contacts, every 5 seconds.
    "record-settled-messages": {"task": "contacts.tasks.record_settled_messages", "schedule": 5.0},
    # Files that another system left in the drop folder, every 15 seconds.
    "take-dropped-files": {"task": "victimcare.intake.tasks.take_dropped_files", "schedule": 15.0},
    # Whether what came yesterday adds up to what is held, every hour until it is known.
    "reconcile-extracts": {"task": "victimcare.intake.tasks.reconcile_extracts", "schedule": 3600.0},
    # Cases whose events were recorded but whose duties were not yet assessed, every 30 seconds.
    "assess-cases-left-behind": {"task": "compliance.tasks.assess_cases_left_behind", "schedule": 30.0},
    # What changed in duties, folded into the tallies of the dashboards, every 20 seconds.
    "fold-duty-tallies": {"task": "compliance.tasks.fold_duty_tallies", "schedule": 20.0},
    # The tallies held against the duties themselves: asked every half hour, done once a night.
    "recount-duty-tallies": {"task": "compliance.tasks.recount_duty_tallies", "schedule": 1800.0},
    # Open duties that a newly approved calendar counts otherwise, every 10 seconds.
    "count-by-a-new-calendar": {"task": "compliance.tasks.count_by_a_new_calendar", "schedule": 10.0},
    # Duties that were missed or met late, and what puts the victim right, every 10 minutes.
    "keep-breaches": {"task": "compliance.tasks.keep_breaches", "schedule": 600.0},
    # People who are new or changed, compared with everybody: may they be held already? Every 15 seconds, while
    # whoever added somebody by hand is still there to be asked.
    "compare-new-people": {"task": "victimcare.cases.tasks.compare_new_people", "schedule": 15.0},
    # Those of the last two days once more, every night: what a sweep passed while it was being written.
    "compare-recent-people": {"task": "victimcare.cases.tasks.compare_recent_people", "schedule": 86400.0},
    # Attached files that wait for the virus scanner, every 10 seconds.
    "scan-waiting-files": {"task": "victimcare.notes.tasks.scan_waiting_files", "schedule": 10.0},
    # Drafts that nobody finished within the days of the standard, every hour.
    "forget-old-drafts": {"task": "victimcare.cases.tasks.forget_old_drafts", "schedule": 3600.0},
    # Packs waiting to be made, every 5 seconds.
    "make-waiting-packs": {"task": "compliance.packs.tasks.make_waiting_packs", "schedule": 5.0},
    # Says "beat is alive" for /readyz, every 30 seconds.
    "heartbeat": {"task": "victimcare.accounts.tasks.heartbeat", "schedule": 30.0},
    # Victims whom nothing brought to triage, because a crash came between, every 10 minutes.
    "refer-those-left-behind": {"task": "referrals.tasks.refer_those_left_behind", "schedule": 600.0},
    # What was typed into the public form an hour ago and not sent, every minute.
    "forget-unfinished-forms": {"task": "referrals.tasks.forget_unfinished_forms", "schedule": 60.0},
    # Keys of forms sent days ago, every hour.
    "forget-sent-forms": {"task": "victimcare.accounts.tasks.forget_sent_forms", "schedule": 3600.0},
}
# A poke that waited a minute has been overtaken by the next one: after a night without workers none piles up.
for entry in SCHEDULE.values():
    entry["options"] = {"expires": 60}
app.conf.beat_schedule = SCHEDULE


@task_prerun.connect
def count_by_the_calendar_as_it_stands(**_: object) -> None:
    """Each task counts by the calendar as it stands when it begins."""
    calendars.keep_up()


@worker_ready.connect
def alive(**_: object) -> None:
    """Say so at once, so that /readyz need not wait for the first beat."""
    app.send_task("victimcare.accounts.tasks.heartbeat", expires=60)
