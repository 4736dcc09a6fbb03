"""The titles of the Data set page's tabs, by which pages open a tab."""

FACES = ":material/photo_library: Faces"
FINDINGS = ":material/fact_check: Findings"
IMPORT = ":material/download: Import"
RECORD = ":material/videocam: Webcam"
