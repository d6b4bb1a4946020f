# One image for every service of docker-compose.yml; the command decides which it is.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --no-create-home curbe \
    && install -d -o curbe /var/lib/curbe
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOCAL_DIR=/var/lib/curbe
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY curbe ./curbe
COPY messenger ./messenger
COPY inbox ./inbox
COPY templates ./templates
COPY static ./static
USER curbe
# The key is of this step alone: nothing that is collected depends on it.
RUN SECRET_KEY=collecting-static-files python manage.py collectstatic --noinput --verbosity=0
EXPOSE 8000
# Alone, the image is the whole product in one process, on SQLite unless DATABASE_URL says otherwise.
CMD ["python", "manage.py", "serve", "--setup", "--host", "0.0.0.0"]
