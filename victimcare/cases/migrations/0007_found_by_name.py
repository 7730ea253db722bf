"""The names under which participants are found, beside the team that may see them; and every name there is.

The database keeps both itself: rows come from imports written in SQL as well as from forms.
"""

from django.db import migrations

# Statements, not rows, where many rows come at once. Nothing waits for another transaction: the words have no
# unique index, so that two who add the same new name at once leave it twice, which is as good as once.
KEEP = """
CREATE FUNCTION keep_name_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cases_nameincase (participant_id, team_id, witness_care_team_id, surname, given_names, preferred_name)
    SELECT part.id, part.team_id, c.witness_care_team_id,
           public.plain(person.surname), public.plain(person.given_names), public.plain(person.preferred_name)
      FROM new_rows part JOIN cases_person person ON person.id = part.person_id JOIN cases_case c ON c.id = part.case_id
     WHERE part.role <> 'SUSPECT';
    RETURN NULL;
END $$;
CREATE FUNCTION move_name_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cases_nameincase WHERE participant_id = NEW.id;
    INSERT INTO cases_nameincase (participant_id, team_id, witness_care_team_id, surname, given_names, preferred_name)
    SELECT NEW.id, NEW.team_id, c.witness_care_team_id,
           public.plain(person.surname), public.plain(person.given_names), public.plain(person.preferred_name)
      FROM cases_person person, cases_case c
     WHERE person.id = NEW.person_id AND c.id = NEW.case_id AND NEW.role <> 'SUSPECT';
    RETURN NULL;
END $$;
CREATE FUNCTION forget_name_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cases_nameincase WHERE participant_id IN (SELECT id FROM old_rows);
    RETURN NULL;
END $$;
CREATE FUNCTION rename_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_nameincase SET surname = public.plain(NEW.surname), given_names = public.plain(NEW.given_names),
           preferred_name = public.plain(NEW.preferred_name)
     WHERE participant_id IN (SELECT id FROM cases_participant WHERE person_id = NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION move_to_witness_care_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_nameincase SET witness_care_team_id = NEW.witness_care_team_id
     WHERE participant_id IN (SELECT id FROM cases_participant WHERE case_id = NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION keep_words_of_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cases_nameword (word, is_surname)
    SELECT DISTINCT said.word, said.is_surname
      FROM new_rows, LATERAL (VALUES (new_rows.surname, true), (split_part(new_rows.given_names, ' ', 1), false))
           AS said (word, is_surname)
     WHERE said.word <> '' AND NOT EXISTS (SELECT 1 FROM cases_nameword known
                                            WHERE known.word = said.word AND known.is_surname = said.is_surname);
    RETURN NULL;
END $$;

CREATE TRIGGER words_of_new_names AFTER INSERT ON cases_nameincase
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_names();
CREATE TRIGGER words_of_changed_names AFTER UPDATE ON cases_nameincase
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_names();
CREATE TRIGGER name_kept AFTER INSERT ON cases_participant
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_name_in_case();
CREATE TRIGGER name_moved AFTER UPDATE ON cases_participant FOR EACH ROW
    WHEN ((OLD.person_id, OLD.case_id, OLD.team_id, OLD.role) IS DISTINCT FROM
          (NEW.person_id, NEW.case_id, NEW.team_id, NEW.role))
    EXECUTE FUNCTION move_name_in_case();
CREATE TRIGGER name_forgotten AFTER DELETE ON cases_participant
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION forget_name_in_case();
CREATE TRIGGER name_changed AFTER UPDATE ON cases_person FOR EACH ROW
    WHEN ((OLD.surname, OLD.given_names, OLD.preferred_name) IS DISTINCT FROM
          (NEW.surname, NEW.given_names, NEW.preferred_name))
    EXECUTE FUNCTION rename_in_case();
CREATE TRIGGER witness_care_team_moved AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.witness_care_team_id IS DISTINCT FROM NEW.witness_care_team_id)
    EXECUTE FUNCTION move_to_witness_care_team();
"""
KEEP_NO_MORE = """
DROP TRIGGER witness_care_team_moved ON cases_case;
DROP TRIGGER name_changed ON cases_person;
DROP TRIGGER name_forgotten ON cases_participant; DROP TRIGGER name_moved ON cases_participant;
DROP TRIGGER name_kept ON cases_participant;
DROP TRIGGER words_of_changed_names ON cases_nameincase; DROP TRIGGER words_of_new_names ON cases_nameincase;
DROP FUNCTION keep_words_of_names(); DROP FUNCTION move_to_witness_care_team(); DROP FUNCTION rename_in_case();
DROP FUNCTION forget_name_in_case(); DROP FUNCTION move_name_in_case(); DROP FUNCTION keep_name_in_case();
"""

# The words most like the one asked for: they sound the same, or share half of their groups of three letters.
ALIKE = """
CREATE FUNCTION names_like(asked text, of_surnames boolean) RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE ROWS 8 AS $$
    SELECT word FROM (
        SELECT word FROM cases_nameword WHERE is_surname = of_surnames AND word OPERATOR(public.%) asked
           AND public.similarity(word, asked) >= 0.45
        UNION
        SELECT word FROM cases_nameword WHERE is_surname = of_surnames
           AND public.sounds_like(word) = public.sounds_like(asked) AND public.sounds_like(asked) <> ''
    ) AS found WHERE word <> asked ORDER BY public.similarity(word, asked) DESC, word LIMIT 8
$$;
"""
NOT_ALIKE = "DROP FUNCTION names_like(text, boolean);"

# Telephone numbers by their last figures, however the first ones are written.
ENDS = """
-- Not in SQL, which the planner would take apart, and then not know how rare each number is.
CREATE FUNCTION number_from_its_end(text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
    RETURN reverse(right(regexp_replace($1, '[^0-9]', '', 'g'), 9));
END $$;
CREATE INDEX person_by_end_of_mobile ON cases_person
    (public.number_from_its_end(phone_mobile) text_pattern_ops) WHERE phone_mobile <> '';
CREATE INDEX person_by_end_of_home_phone ON cases_person
    (public.number_from_its_end(phone_home) text_pattern_ops) WHERE phone_home <> '';
CREATE INDEX case_occurrence_starts ON cases_case (occurrence_no text_pattern_ops) WHERE occurrence_no <> '';
"""
NO_ENDS = """
DROP INDEX case_occurrence_starts;
DROP INDEX person_by_end_of_home_phone; DROP INDEX person_by_end_of_mobile;
DROP FUNCTION number_from_its_end(text);
"""

SOUND = "CREATE INDEX name_word_sound ON cases_nameword (public.sounds_like(word));"
NO_SOUND = "DROP INDEX name_word_sound;"


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_questions_and_standards")]
    operations = [
        migrations.RunSQL(KEEP + ALIKE + ENDS + SOUND, NO_SOUND + NOT_ALIKE + NO_ENDS + KEEP_NO_MORE),
    ]
