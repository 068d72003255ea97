"""Convolution and pooling by hand, forwards and backwards, in NumPy.

Notebook 08 introduces `conv2d_loops` and `conv2d`, `convolve2d_true`, the sizes (`output_size`,
`padding_amounts`, `receptive_field`, `parameter_count`) and `conv_matrix`; notebook 09 `relu`, the
poolings and `pool2d_loops`; notebook 10 the gradients and `SmallCNN`.

Pictures are ``(h, w)``, ``(h, w, c)`` or ``(n, h, w, c)``: rows, columns, channels last. Kernels
are ``(kh, kw)`` for one grey picture, ``(kh, kw, c_in, c_out)`` otherwise, as in TensorFlow and
Keras. Whole numbers stay whole and exact (int64); float32 stays if all that meets is float32; other
numbers are float64.
"""

from course_utils.convolution.forward import conv2d, convolve2d_true, relu
from course_utils.convolution.gradients import (
    ConvGradients,
    average_pool2d_gradient,
    conv2d_gradients,
    global_average_pool2d_gradient,
    global_max_pool2d_gradient,
    global_sum_pool2d_gradient,
    max_pool2d_gradient,
    relu_gradient,
    sum_pool2d_gradient,
)
from course_utils.convolution.loops import conv2d_loops, pool2d_loops
from course_utils.convolution.matrix import conv_matrix
from course_utils.convolution.pooling import (
    average_pool2d,
    global_average_pool2d,
    global_max_pool2d,
    global_sum_pool2d,
    max_pool2d,
    sum_pool2d,
)
from course_utils.convolution.sizes import (
    output_size,
    padding_amounts,
    parameter_count,
    receptive_field,
)
from course_utils.convolution.small_cnn import SmallCNN

__all__ = [
    "ConvGradients",
    "SmallCNN",
    "average_pool2d",
    "average_pool2d_gradient",
    "conv2d",
    "conv2d_gradients",
    "conv2d_loops",
    "conv_matrix",
    "convolve2d_true",
    "global_average_pool2d",
    "global_average_pool2d_gradient",
    "global_max_pool2d",
    "global_max_pool2d_gradient",
    "global_sum_pool2d",
    "global_sum_pool2d_gradient",
    "max_pool2d",
    "max_pool2d_gradient",
    "output_size",
    "padding_amounts",
    "parameter_count",
    "pool2d_loops",
    "receptive_field",
    "relu",
    "relu_gradient",
    "sum_pool2d",
    "sum_pool2d_gradient",
]
