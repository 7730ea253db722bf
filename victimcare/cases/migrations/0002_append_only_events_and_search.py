"""Events are only ever added; names and phones are searched without accents, apostrophes or spacing."""

from django.db import migrations

FORBID = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
ALLOW = "DROP TRIGGER append_only ON cases_event;"

# Immutable, so that they may be indexed: unaccent() itself is only STABLE.
SEARCH = """
CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(lower(public.unaccent('public.unaccent'::regdictionary, $1)), '[^a-z0-9 ]', '', 'g');
CREATE FUNCTION digits(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(regexp_replace($1, '[^0-9]', '', 'g'), '^44(?=[0-9]{10})', '0');
CREATE INDEX person_by_name ON cases_person (plain(surname) text_pattern_ops, plain(given_names) text_pattern_ops);
CREATE INDEX person_by_given_names ON cases_person (plain(given_names) text_pattern_ops);
CREATE INDEX person_by_preferred_name ON cases_person (plain(preferred_name) text_pattern_ops) WHERE preferred_name <> '';
CREATE INDEX person_by_mobile ON cases_person (digits(phone_mobile)) WHERE phone_mobile <> '';
CREATE INDEX person_by_home_phone ON cases_person (digits(phone_home)) WHERE phone_home <> '';
CREATE INDEX person_by_postcode ON cases_person (replace(upper(postcode), ' ', '')) WHERE postcode <> '';
"""
NO_SEARCH = """
DROP INDEX person_by_postcode; DROP INDEX person_by_home_phone; DROP INDEX person_by_mobile; DROP INDEX person_by_name;
DROP INDEX person_by_preferred_name; DROP INDEX person_by_given_names;
DROP FUNCTION digits(text); DROP FUNCTION plain(text);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(FORBID, ALLOW),
        migrations.RunSQL(SEARCH, NO_SEARCH),
    ]
