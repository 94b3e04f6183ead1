#!/bin/sh
# Writes the style sheets into one file, values first; each part may refine the ones before it.
set -eu
cd "$(dirname "$0")"
out="../${1:?the file to write, from the root of the project}"
mkdir -p "$(dirname "$out")"
cat tokens.css base.css components.css forms.css art.css pages.css enroll.css reference.css staff.css keys.css print.css >"$out"
