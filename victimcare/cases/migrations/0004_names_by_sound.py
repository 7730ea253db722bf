"""Names by how they sound in Wales, and an index for each way in which two records can be alike."""

from django.db import migrations

# The letters that are heard: Llywelyn, Llewellyn and Llewelyn are lln; Dafydd and David dfd; Rhys and Rees rs.
# All immutable, so that they may be indexed.
SOUND = """
CREATE FUNCTION sounds_like(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN (SELECT left(heard, 1) || translate(substr(heard, 2), 'aeiouyw', '') FROM (SELECT
        regexp_replace(regexp_replace(translate(
            replace(regexp_replace(public.plain($1), '[^a-z]', '', 'g'), 'ph', 'f'),
            'vkqzj', 'fccsi'), '(.)h', '\\1', 'g'), '(.)\\1+', '\\1', 'g') AS heard) AS letters);
CREATE FUNCTION first_name(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN split_part(btrim($1), ' ', 1);
CREATE FUNCTION number_key(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(regexp_replace(upper($1), '[^A-Z0-9]', '', 'g'), '^([A-Z]*)0+', '\\1');
CREATE INDEX person_by_sound ON cases_person
    (public.sounds_like(surname), public.sounds_like(public.first_name(given_names))) WHERE surname <> '';
CREATE INDEX person_by_birth ON cases_person (date_of_birth) WHERE date_of_birth IS NOT NULL;
CREATE INDEX person_by_email ON cases_person (lower(email)) WHERE email <> '';
CREATE INDEX person_by_number_key ON cases_person (public.number_key(source_id)) WHERE source_id <> '';
"""
NO_SOUND = """
DROP INDEX person_by_number_key; DROP INDEX person_by_email; DROP INDEX person_by_birth; DROP INDEX person_by_sound;
DROP FUNCTION number_key(text); DROP FUNCTION first_name(text); DROP FUNCTION sounds_like(text);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_append_only_events_and_search")]
    operations = [migrations.RunSQL(SOUND, NO_SOUND)]
