"""The tabs of the Data set page, one in each file: each draws itself for a data set."""

FACES = ":material/photo_library: Faces"
FINDINGS = ":material/fact_check: Findings"
IMPORT = ":material/download: Import"
RECORD = ":material/videocam: Webcam"
