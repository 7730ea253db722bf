"""Tallies of duties, and the triggers that note every change to them: decision 26."""

# The SQL is put together from this file; nothing of it is typed by anybody.
# ruff: noqa: S608

from django.db import migrations

COLUMNS = (
    'due_on, status, owner, is_ours, is_local, is_closed, is_restricted, is_enhanced, team_id, officer_id, "right", '
    "rule, area, offence"
)
# What a change says of a duty, beside its case (`its`) and its victim (`part`).
SAYS = """tally_day(duty.due_on, duty.status), duty.status, duty.owner,
           duty.owner = 'WCU' OR (duty.owner = 'FORCE' AND duty.officer_id IS NOT NULL), duty.is_local,
           duty.status = 'open' AND part.is_closed, its.is_restricted, duty.enhanced_applied,
           duty.team_id, duty.officer_id, duty."right", duty.rule, its.policing_area, its.offence_code"""
PLACES = ", ".join(str(n + 1) for n in range(14))
COUNTS = "duty.is_current AND duty.due_on IS NOT NULL"
# OFFSET 0 keeps these as they stand: each case and victim is looked up by its key, however many duties came first.
BESIDE = """
     CROSS JOIN LATERAL (SELECT is_restricted, policing_area, offence_code FROM cases_case
                          WHERE id = duty.case_id OFFSET 0) AS its
     CROSS JOIN LATERAL (SELECT closed_at IS NOT NULL AS is_closed FROM cases_participant
                          WHERE id = duty.participant_id OFFSET 0) AS part"""


def noting(name: str, source: str) -> str:
    """A trigger function that notes the duties of a statement; `source` gives them, each with its n."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO compliance_dutychange ({COLUMNS}, n)
    SELECT {SAYS}, sum(duty.n) FROM ({source}) AS duty {BESIDE}
     WHERE {COUNTS} GROUP BY {PLACES} HAVING sum(duty.n) <> 0;
    RETURN NULL;
END $$;"""


CHANGED = """SELECT *, 1 AS n FROM new_rows UNION ALL SELECT *, -1 FROM old_rows"""
TRIGGERS = f"""
CREATE FUNCTION tally_day(due_on date, status text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN status = 'open' THEN due_on ELSE greatest(
    due_on - (extract(isodow FROM due_on)::int - 1), due_on - (extract(day FROM due_on)::int - 1)
) END;
{noting("note_duties_opened", "SELECT *, 1 AS n FROM new_rows")}
{noting("note_duties_changed", CHANGED)}
{noting("note_duties_gone", "SELECT *, -1 AS n FROM old_rows")}
CREATE FUNCTION note_duties_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO compliance_dutychange ({COLUMNS}, n)
    SELECT {SAYS}, sum(its.n) FROM compliance_duty duty
      JOIN (SELECT id, closed_at IS NOT NULL AS is_closed FROM cases_participant) AS part
        ON part.id = duty.participant_id
     CROSS JOIN (VALUES (-1, OLD.is_restricted, OLD.policing_area, OLD.offence_code),
                        (1, NEW.is_restricted, NEW.policing_area, NEW.offence_code))
             AS its (n, is_restricted, policing_area, offence_code)
     WHERE {COUNTS} AND duty.case_id = NEW.id GROUP BY {PLACES} HAVING sum(its.n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION note_duties_of_participant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Who assesses a case holds its row: we see their duties, or they see the victim as we leave them.
    PERFORM 1 FROM cases_case WHERE id = NEW.case_id FOR NO KEY UPDATE;
    INSERT INTO compliance_dutychange ({COLUMNS}, n)
    SELECT {SAYS}, sum(part.n) FROM compliance_duty duty
      JOIN cases_case its ON its.id = duty.case_id
     CROSS JOIN (VALUES (-1, OLD.closed_at IS NOT NULL), (1, NEW.closed_at IS NOT NULL)) AS part (n, is_closed)
     WHERE {COUNTS} AND duty.participant_id = NEW.id AND duty.status = 'open'
     GROUP BY {PLACES} HAVING sum(part.n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION forget_duty_tallies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM compliance_dutychange;
    DELETE FROM compliance_dutytally;
    RETURN NULL;
END $$;

CREATE TRIGGER duties_opened AFTER INSERT ON compliance_duty
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_duties_opened();
CREATE TRIGGER duties_changed AFTER UPDATE ON compliance_duty
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_duties_changed();
CREATE TRIGGER duties_gone AFTER DELETE ON compliance_duty
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION note_duties_gone();
CREATE TRIGGER duties_all_gone AFTER TRUNCATE ON compliance_duty
    FOR EACH STATEMENT EXECUTE FUNCTION forget_duty_tallies();
CREATE TRIGGER duties_of_case_changed AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN ((OLD.is_restricted, OLD.policing_area, OLD.offence_code) IS DISTINCT FROM
          (NEW.is_restricted, NEW.policing_area, NEW.offence_code))
    EXECUTE FUNCTION note_duties_of_case();
CREATE TRIGGER duties_of_participant_changed AFTER UPDATE ON cases_participant FOR EACH ROW
    WHEN ((OLD.closed_at IS NULL) <> (NEW.closed_at IS NULL))
    EXECUTE FUNCTION note_duties_of_participant();
"""
NO_TRIGGERS = """
DROP TRIGGER duties_of_participant_changed ON cases_participant;
DROP TRIGGER duties_of_case_changed ON cases_case;
DROP TRIGGER duties_all_gone ON compliance_duty; DROP TRIGGER duties_gone ON compliance_duty;
DROP TRIGGER duties_changed ON compliance_duty; DROP TRIGGER duties_opened ON compliance_duty;
DROP FUNCTION forget_duty_tallies(); DROP FUNCTION note_duties_of_participant(); DROP FUNCTION note_duties_of_case();
DROP FUNCTION note_duties_gone(); DROP FUNCTION note_duties_changed(); DROP FUNCTION note_duties_opened();
DROP FUNCTION tally_day(date, text);
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_one_index_by_case")]

    operations = [migrations.RunSQL(TRIGGERS, NO_TRIGGERS)]
