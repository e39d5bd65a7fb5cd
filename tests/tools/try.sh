#!/bin/sh
# try COMMAND...: the command, what it prints, and its exit status, in the transcripts of tests/cli.
printf '$ %s\n' "$*"
"$@" 2>&1
status=$?
[ $status = 0 ] || printf '= %d\n' $status
