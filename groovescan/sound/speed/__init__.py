"""The speed at which the disc was cut and is played: hum as a clock, the lathe."""
