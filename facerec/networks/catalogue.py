"""The networks by name."""

from torch import nn

from facerec.errors import FacerecError
from facerec.networks.custom_cnn import CustomCNN
from facerec.networks.dlib_resnet import SIDE, DlibResNet
from facerec.networks.inception_resnet_v1 import InceptionResnetV1
from facerec.networks.network import IMAGENET_MEAN, IMAGENET_STD, Network
from facerec.networks.options import NetworkOptions
from facerec.networks.resnet50 import ResNet50


def _custom_cnn(classes: int, options: NetworkOptions) -> nn.Module:
    return CustomCNN(classes, options)


def _resnet50_scratch(classes: int, options: NetworkOptions) -> nn.Module:
    return ResNet50(classes, options)


def _resnet50_frozen(classes: int, options: NetworkOptions) -> nn.Module:
    return ResNet50(classes, options, options.frozen_blocks)


def _resnet50_imagenet(classes: int, options: NetworkOptions) -> nn.Module:
    return ResNet50.from_imagenet(classes, options)


def _inception_resnet_v1(classes: int, options: NetworkOptions) -> nn.Module:
    return InceptionResnetV1(classes, options)


def _inception_resnet_v1_pretrained(classes: int, options: NetworkOptions) -> nn.Module:
    if options.pretrained == "none":
        return InceptionResnetV1(classes, options)
    return InceptionResnetV1.from_pretrained(classes, options)


def _dlib_resnet_published(classes: int, options: NetworkOptions) -> nn.Module:
    return DlibResNet.published(classes, options)


def _dlib_resnet(classes: int, options: NetworkOptions) -> nn.Module:
    return DlibResNet(classes, options)


NETWORKS = {
    network.name: network
    for network in (
        Network(
            "custom_cnn",
            "Custom CNN",
            "Three convolution blocks and one classifier layer, trained from nothing: small and "
            "quick to train.",
            _custom_cnn,
            _custom_cnn,
            report_epochs=10,
            class_epochs=40,
            learning_rate=2.5e-3,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            options=("fields", "dropout", "activation", "initialisation", "loss"),
        ),
        Network(
            "resnet50_scratch",
            "ResNet50, from scratch",
            "Fifty layers with random weights at the start: much capacity, so it wants many images "
            "and much time.",
            _resnet50_scratch,
            _resnet50_scratch,
            report_epochs=5,
            class_epochs=4,
            learning_rate=3e-4,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            options=("initialisation", "loss"),
        ),
        Network(
            "resnet50_imagenet",
            "ResNet50, ImageNet weights",
            "Fifty layers that already learned to see from 1.3 million photographs; the early "
            "blocks stay as they are (frozen) and the rest is trained on your faces.",
            _resnet50_imagenet,
            _resnet50_frozen,
            report_epochs=5,
            class_epochs=4,
            learning_rate=2e-4,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            options=("frozen_blocks", "loss"),
        ),
        Network(
            "inception_resnet_v1",
            "InceptionResnetV1",
            "Over a hundred layers that already learned to tell faces apart, from millions of "
            "photographs of thousands of people: they describe a face by 512 numbers, and little "
            "is left to learn on yours.",
            _inception_resnet_v1_pretrained,
            _inception_resnet_v1,
            report_epochs=5,
            class_epochs=10,
            learning_rate=1e-3,
            mean=(0.5, 0.5, 0.5),
            std=(128 / 255, 128 / 255, 128 / 255),
            options=("pretrained", "frozen_blocks", "dropout", "initialisation", "loss"),
            size=160,
        ),
        Network(
            "dlib_resnet",
            "Face ResNet (dlib)",
            "Twenty-nine layers that learned to tell faces apart from three million photographs, "
            "and stay as they are: turned upright, a face becomes 128 numbers, and only a "
            "classifier of these is trained on yours.",
            _dlib_resnet_published,
            _dlib_resnet,
            report_epochs=5,
            class_epochs=20,
            learning_rate=3e-2,
            # dlib subtracts these means from values in 0 to 255, and divides by 256.
            mean=(122.782 / 255, 117.001 / 255, 104.298 / 255),
            std=(256 / 255, 256 / 255, 256 / 255),
            options=("loss",),
            size=SIDE,
            aligned=True,
        ),
    )
}


def network_named(name: str) -> Network:
    """The network with this name.

    Raises
    ------
    FacerecError
        If there is none.
    """
    if name not in NETWORKS:
        raise FacerecError(f"There is no network {name!r}: choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]
