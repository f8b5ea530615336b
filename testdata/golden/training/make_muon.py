#!/usr/bin/env python3
"""Records muon.safetensors: three steps of torch.optim.Muon (2.10) on the matrices of a layer.

    python testdata/golden/training/make_muon.py

torch rounds to bfloat16 before it orthogonalises; that one rounding is taken out here, and all is
computed in float64, so that the numbers are those of the method. They are stored in fp32.
"""
import json
import os
import struct

import torch

torch.Tensor.bfloat16 = lambda tensor: tensor.clone()
torch.manual_seed(20261126)

# hidden 8, two heads of 4 with one key head, MLP 20
SHAPES = {"q": (8, 8), "k": (4, 8), "v": (4, 8), "o": (8, 8), "gate": (20, 8), "up": (20, 8), "down": (8, 20)}
tensors = {}
for name, shape in SHAPES.items():
    weight = torch.nn.Parameter(torch.randn(shape).double())
    optimizer = torch.optim.Muon(
        [weight], lr=0.02, weight_decay=0.1, momentum=0.95, nesterov=True, ns_steps=5,
        adjust_lr_fn="match_rms_adamw")
    tensors[name + ".weight"] = weight.detach().clone()
    for step in range(3):
        gradient = torch.randn(shape).double()
        tensors[f"{name}.gradient.{step}"] = gradient
        weight.grad = gradient.clone()
        optimizer.step()
    tensors[name + ".weight_after"] = weight.detach()
    tensors[name + ".momentum_after"] = optimizer.state[weight]["momentum_buffer"]

header, body = {"__metadata__": {"torch": torch.__version__}}, b""
for name, tensor in tensors.items():
    data = tensor.float().numpy().astype("<f4").tobytes()
    header[name] = {
        "dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "muon.safetensors")
with open(target, "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + body)
