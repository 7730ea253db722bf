# The application image: web, worker, beat and migrations differ only in their command.

FROM node:24-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM python:3.11-slim
# Pango lays out the text of letters; no wheel carries it.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home --shell /usr/sbin/nologin victimcare
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FONTCONFIG_FILE=/app/.local/fonts.conf \
    DJANGO_SETTINGS_MODULE=victimcare.settings
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py pyproject.toml LICENSE ./
COPY scripts scripts
COPY static static
COPY --from=front-end /app/node_modules node_modules
RUN python -m scripts.vendor && rm -rf node_modules
COPY templates templates
COPY victimcare victimcare
COPY referrals referrals
COPY needs_assessments needs_assessments
COPY contacts contacts
COPY courts courts
COPY compliance compliance
COPY desk desk
RUN python -m scripts.messages compile \
    && SECRET_KEY=only-while-building DATABASE_URL=postgresql:///none python manage.py collectstatic --noinput \
    && mkdir -p .local/font-cache && chown -R victimcare .local
USER victimcare
EXPOSE 8000
CMD ["gunicorn", "victimcare.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
