"""What every program here needs once: failures, origins, signals. It knows no service and no platform."""
