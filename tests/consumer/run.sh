#!/bin/sh
echo "consumer: to come"
exit 77
