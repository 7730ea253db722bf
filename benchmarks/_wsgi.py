"""What gunicorn serves to the benchmark: our own application and the bare page."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "benchmarks._urls"
application = get_wsgi_application()
