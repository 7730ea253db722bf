"""Copy what pages need from node_modules into static/vendor, without what only GOV.UK may use.

GDS Transport, the crown and the crest are for gov.uk alone; a police service must not carry them.
"""

import re
import shutil

from scripts.places import AXE_JS, FONTS_CONF, LOCAL, ROOT, VENDOR

MODULES = ROOT / "node_modules"
GOVUK = MODULES / "govuk-frontend" / "dist" / "govuk"
MOJ = MODULES / "@ministryofjustice" / "frontend" / "moj"
NOTO = MODULES / "@expo-google-fonts" / "noto-sans"
# Folder in the package, weight, style.
FACES = [
    ("400Regular", 400, "normal"),
    ("700Bold", 700, "normal"),
    ("400Regular_Italic", 400, "italic"),
    ("700Bold_Italic", 700, "italic"),
]
FORBIDDEN_IN_CSS = re.compile(r"GDS Transport|url\([^)]*(crest|crown|logotype)[^)]*\)")
FORBIDDEN_NAME = re.compile("crest|crown|logotype")


def vendor():
    shutil.rmtree(VENDOR, ignore_errors=True)
    for directory in ("fonts", "images"):
        (VENDOR / directory).mkdir(parents=True)
    copy_fonts()
    write(VENDOR / "govuk.css", font_faces() + without_what_is_not_ours(GOVUK / "govuk-frontend.min.css"))
    write(VENDOR / "moj.css", with_images(without_what_is_not_ours(MOJ / "moj-frontend.min.css")))
    for source, name in (
        (GOVUK / "govuk-frontend.min.js", "govuk.js"),
        (MOJ / "moj-frontend.min.js", "moj.js"),
    ):
        write(VENDOR / name, re.sub(r"//# sourceMappingURL=\S*", "", source.read_text("utf-8")))
    shutil.copy(MODULES / "axe-core" / "axe.min.js", AXE_JS)
    write_fonts_conf()
    refuse_what_is_not_ours()


def copy_fonts():
    for face, _, _ in FACES:
        shutil.copy(NOTO / face / f"NotoSans_{face}.ttf", VENDOR / "fonts")
    shutil.copy(NOTO / "LICENSE_FONT", VENDOR / "fonts")


def font_faces():
    face = (
        '@font-face{{font-family:"Noto Sans";src:url(fonts/NotoSans_{0}.ttf) format("truetype");'
        "font-weight:{1};font-style:{2};font-display:swap}}"
    )
    return "".join(face.format(*about) for about in FACES)


def without_what_is_not_ours(stylesheet):
    css = stylesheet.read_text("utf-8")
    css = re.sub(r"@font-face\{[^}]*GDS Transport[^}]*\}", "", css)
    css = re.sub(r'"?GDS Transport"?,arial,sans-serif', '"Noto Sans",arial,sans-serif', css)
    css = re.sub(r"url\([^)]*crest[^)]*\)", "none", css)
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)


def with_images(css):
    """Copy the pictures that the stylesheet shows, and no others, and point it at them."""

    def beside(found):
        image = MOJ / "assets" / "images" / found[1]
        shutil.copy(image, VENDOR / "images")
        return f"url(images/{image.name})"

    return re.sub(r"url\(/assets/images/([^)]+)\)", beside, css)


def refuse_what_is_not_ours():
    """An upgrade of the packages must not bring it back unseen."""
    for stylesheet in VENDOR.glob("*.css"):
        css = stylesheet.read_text("utf-8")
        if found := FORBIDDEN_IN_CSS.search(css):
            raise SystemExit(f"{stylesheet.name} still names {found[0]}, which only GOV.UK may use.")
        for address in re.findall(r"url\(([^)]+)\)", css):
            if not address.startswith("data:") and not (VENDOR / address).exists():
                raise SystemExit(f"{stylesheet.name} names {address}, which was not copied.")
    if any(FORBIDDEN_NAME.search(path.name) for path in VENDOR.rglob("*")):
        raise SystemExit("static/vendor holds a picture that only GOV.UK may use.")


def write_fonts_conf():
    """The same four fonts on every machine. Without any, WeasyPrint does not fail: it crashes."""
    LOCAL.mkdir(exist_ok=True)
    alias = "<alias><family>{}</family><prefer><family>Noto Sans</family></prefer></alias>"
    write(
        FONTS_CONF,
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>'
        f"<dir>{VENDOR / 'fonts'}</dir><cachedir>{LOCAL / 'font-cache'}</cachedir>"
        + "".join(alias.format(family) for family in ("sans-serif", "serif", "monospace"))
        + "</fontconfig>\n",
    )


def write(path, text):
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    vendor()
