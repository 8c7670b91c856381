from . import pemba_hotline
