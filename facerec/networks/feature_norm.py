"""Batch norm of what a face is described by."""

import torch
from torch import nn
from torch.nn import functional


class FeatureNorm(nn.BatchNorm1d):
    """Batch norm that goes by what it knows where an epoch's last batch is a single image."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        if self.training and len(features) == 1:
            known = self.running_mean, self.running_var
            return functional.batch_norm(features, *known, self.weight, self.bias, eps=self.eps)
        return super().forward(features)
