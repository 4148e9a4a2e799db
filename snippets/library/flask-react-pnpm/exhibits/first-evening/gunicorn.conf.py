import multiprocessing

wsgi_app = "app:create_app()"
bind = "0.0.0.0:8000"

# the formula from the documentation
workers = multiprocessing.cpu_count() * 2 + 1
worker_class = "gthread"
threads = 4
timeout = 120

# load the app once and share the memory; deploy.sh does kill -HUP $(cat gunicorn.pid)
preload_app = True
pidfile = "gunicorn.pid"

# so that there is something to look at when it goes wrong
errorlog = "/var/log/gunicorn.log"
log_level = "debug"
