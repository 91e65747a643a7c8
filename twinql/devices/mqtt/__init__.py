"""Devices that speak MQTT 5: readings in, commands out, reports and availability back."""

from twinql.devices.mqtt.connection import Broker
from twinql.devices.mqtt.service import Mqtt, broker_of, speaking_mqtt

__all__ = ["Broker", "Mqtt", "broker_of", "speaking_mqtt"]
