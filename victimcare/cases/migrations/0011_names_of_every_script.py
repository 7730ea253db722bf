"""Names of every script are found: what is taken away is accents, apostrophes and signs, not the letters.

Until now only a to z and figures were kept, so that a name in Arabic script was nobody's.
"""

from django.db import migrations

# The signs of ASCII and Latin-1, marks that stand beside or over letters, vowel signs and the stretched line of
# Arabic, typographic signs and the letters nobody sees. Of ASCII, a to z, figures and the space are left, as before.
SIGNS = (
    r"[\u0001-\u001f!-/:-@\u005b-`{-\u00a9\u00ab-\u00b9\u00bb-\u00bf\u02b0-\u036f\u0483-\u0489\u0591-\u05c7"
    r"\u060c\u061b\u061f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d4\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u2000-\u206f\u20d0-\u20ff\u3000-\u3003\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]"
)
PLAIN = """
CREATE OR REPLACE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(lower(public.unaccent('public.unaccent'::regdictionary, $1)), '{}', '', 'g');
"""
# Only names with a letter beyond ASCII read otherwise than before.
AGAIN = """
UPDATE cases_nameincase AS n SET surname = public.plain(p.surname), given_names = public.plain(p.given_names),
       preferred_name = public.plain(p.preferred_name)
  FROM cases_participant part JOIN cases_person p ON p.id = part.person_id
 WHERE part.id = n.participant_id AND concat(p.surname, p.given_names, p.preferred_name) ~ '[^\u0001-\u007f]'
   AND (n.surname, n.given_names, n.preferred_name) IS DISTINCT FROM
       (public.plain(p.surname), public.plain(p.given_names), public.plain(p.preferred_name));
REINDEX INDEX person_by_name; REINDEX INDEX person_by_given_names; REINDEX INDEX person_by_preferred_name;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_indexes_nobody_asks")]
    operations = [
        migrations.RunSQL(PLAIN.format(SIGNS) + AGAIN, PLAIN.format("[^a-z0-9 ]") + AGAIN),
    ]
