#!/bin/sh
echo "lint: to come"
