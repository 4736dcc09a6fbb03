"""Database of the studies: an SQLite file, or any storage that Optuna takes."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from facerec.errors import FacerecError
from facerec.system import files, paths

STORAGE_VARIABLE = "FACEREC_STORAGE"
# A worker without a heartbeat for so long is gone, and its trial has failed.
_HEARTBEAT_SECONDS, _GONE_SECONDS = 20, 90
# Timeout for the lock: several workers write to one SQLite file, one after the other.
_SQLITE_SECONDS = 60


optuna.logging.set_verbosity(optuna.logging.ERROR)


def storage_url() -> str:
    """URL of the storage: ``FACEREC_STORAGE``, else the SQLite file under ``models``."""
    return os.environ.get(STORAGE_VARIABLE) or usual_url()


def usual_url() -> str:
    """URL of the SQLite file under ``models``."""
    return f"sqlite:///{paths.studies_file().as_posix()}"


def shown(url: str) -> str:
    """Name of a storage on pages: its URL without the password, or the usual file's name."""
    if url == usual_url():
        return f"{paths.studies_file().parent.name}/{paths.studies_file().name}"
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "this storage"


def open_storage(url: str) -> RDBStorage:
    """The storage at a URL; tables that Optuna needs are made if they are missing.

    Raises
    ------
    FacerecError
        If it cannot be opened; the message never holds the password.
    """
    try:
        if url.startswith("sqlite:///"):
            files.make_folder(paths.studies_file().parent)
            options = {"connect_args": {"timeout": _SQLITE_SECONDS}}
        else:
            # Many databases close a connection that is idle for as long as a trial lasts.
            options = {"pool_pre_ping": True}
        with warnings.catch_warnings():
            # Heartbeats are experimental in Optuna. Without them, the trial of a killed worker
            # would count as running for ever.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return RDBStorage(
                url,
                engine_kwargs=options,
                heartbeat_interval=_HEARTBEAT_SECONDS,
                grace_period=_GONE_SECONDS,
            )
    except ImportError as error:
        raise FacerecError(
            f"{shown(url)} needs a driver that is not installed: for PostgreSQL, pip install -r "
            "requirements-postgresql.txt."
        ) from error
    except Exception as error:  # any driver's exception; its message may hold a password
        raise FacerecError(
            f"The storage of studies, {shown(url)}, cannot be opened ({type(error).__name__}): is "
            "its address right, and does the database answer?"
        ) from error


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Context manager that raises one line if the database fails in its block.

    Raises
    ------
    FacerecError
        If the database fails; the message never holds the password.
    """
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise FacerecError(
            f"The storage of studies, {shown(url)}, does not answer ({type(error).__name__})."
        ) from error
