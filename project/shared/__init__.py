"""What several projects need: folders, arguments of steps, assets, corpora, pipelines, results, reports and wheels."""

import os

# Threads that wait for each other sleep. By default they keep a core busy, and where other work wants it, a training
# can take twenty times as long (docs/performance.md). OpenMP reads this when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
