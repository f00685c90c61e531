"""Prints what AWS's description of the API finds wrong with a request of AWS Batch's RegisterJobDefinition, which it reads."""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

batch = botocore.session.get_session().get_service_model("batch")
shape = batch.operation_model("RegisterJobDefinition").input_shape
print(ParamValidator().validate(json.load(sys.stdin), shape).generate_report(), end="")
