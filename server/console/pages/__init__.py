"""The pages, by what they are for."""

from server.console.pages import answer, booking, conflicts, device, devices, pairing, recovered, register, sign_in, you

ALL = (sign_in.pages, register.pages, you.pages, answer.pages, pairing.pages, devices.pages, device.pages,
       conflicts.pages, recovered.pages, booking.pages)  # fmt: skip
