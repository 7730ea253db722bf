from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_questions_and_standards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("CRIME_REPORTED", "Crime reported"),
                    ("NOT_INVESTIGATED", "Police decided not to investigate"),
                    ("SUSPECT_ARRESTED", "Suspect arrested"),
                    ("SUSPECT_INTERVIEWED", "Suspect interviewed under caution"),
                    ("SUSPECT_RELEASED_NO_CHARGE", "Suspect released without charge"),
                    ("SUSPECT_BAILED", "Suspect released on bail"),
                    ("SUSPECT_RELEASED_UNDER_INVESTIGATION", "Suspect released under investigation"),
                    ("BAIL_CHANGED", "Bail conditions changed"),
                    ("SUSPECT_CHARGED", "Suspect charged"),
                    ("OUT_OF_COURT_DISPOSAL", "Out-of-court disposal given"),
                    ("DECISION_NOT_TO_PROSECUTE", "Decision not to prosecute"),
                    ("INVESTIGATION_CLOSED_NO_SUSPECT", "Investigation closed, no suspect found"),
                    ("PROSECUTION_ALTERED", "Prosecution changed or stopped"),
                    ("HEARING_LISTED", "Hearing listed"),
                    ("HEARING_MOVED", "Hearing moved"),
                    ("HEARING_CONCLUDED", "Hearing concluded"),
                    ("RESULT_RECEIVED", "Court result received"),
                    ("CASE_CONCLUDED", "Court case concluded"),
                    ("WITNESS_REQUIRED", "Required to give evidence"),
                    ("WITNESS_NOT_REQUIRED", "Not required to give evidence"),
                    ("APPEAL_NOTICE", "Notice of appeal"),
                    ("APPEAL_BAIL", "Bail pending appeal"),
                    ("APPEAL_LISTED", "Appeal hearing listed"),
                    ("APPEAL_RESULT", "Appeal result"),
                    ("VCS_REFERRED", "Referred to the Victim Contact Scheme"),
                    ("VLO_CONTACT_MADE", "Victim liaison officer made contact"),
                    ("EXPENSE_CLAIM_RECEIVED", "Expense claim received"),
                    ("EXPENSE_PAID", "Expenses paid"),
                    ("COMPLAINT_RECEIVED", "Complaint received"),
                    ("COMPLAINT_ANSWERED", "Complaint answered"),
                    ("CONTACT_MADE", "Contact"),
                    ("LETTER_DISPATCHED", "Letter sent"),
                    ("PLAN_AGREED", "Update contact plan agreed"),
                    ("ASSESSMENT_COMPLETED", "Needs assessment completed"),
                    ("REFERRED_TO_SUPPORT", "Referred to a support service"),
                    ("SUPPORT_DECLINED", "Support declined by the victim"),
                    ("ENTITLEMENT_SET", "Entitlement set"),
                    ("RELATIONSHIP_CHANGED", "Relationship to the suspect changed"),
                    ("REFERRED_IN", "Referred to the unit"),
                    ("OFFICER_ALLOCATED", "Allocated to an officer"),
                    ("OFFICER_ASKED", "Question to the officer in the case"),
                    ("OFFICER_ANSWERED", "Answer from the officer in the case"),
                    ("CASE_CLOSED", "Closed"),
                    ("CASE_REOPENED", "Re-opened"),
                    ("WITHDRAWN", "Withdrawn: it did not happen"),
                ],
                max_length=40,
            ),
        ),
    ]
