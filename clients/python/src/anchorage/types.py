"""What the service takes and answers, as typed dictionaries.

Generated from the service's OpenAPI document by scripts/generate.py; its page ``/docs`` describes every field.
"""

# pyright: reportUnknownVariableType=false
from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Union

from ._inputs import ClassLike, ImageLike, InputLike, Vector, VectorLike

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

class About(TypedDict):
    name: str
    description: str
    version: str
    docs: str
    openapi: str
    collections: str


class AdaptationUsual(TypedDict):
    """The same of 20 random subsets of the anchors, as many as there are images."""
    median: float
    largest: float


class AdaptationFrom(TypedDict):
    """Null where the images were in the request."""
    collection: str
    filter: NotRequired[Filter]


Adaptation = TypedDict(
    "Adaptation",
    {
        "images": "int",
        "anchors": "int",
        "covariance": "bool",
        "shrinkage": "float",
        "shift": "float",
        "usual": "AdaptationUsual",
        "transform": "FittedTransform",
        "transformVersion": "int",
        "notes": "Sequence[str]",
        "id": "str",
        "fittedAt": "str",
        "sequence": "int",
        "from": "AdaptationFrom | None",
        "fromDeleted": "bool",
        "state": "Literal['ready', 'stale']",
    },
)


class AdaptationList(TypedDict):
    adaptations: Sequence[Adaptation]


class AdaptationRequest(TypedDict):
    """At least 20 images, without labels."""
    id: str
    images: NotRequired[Sequence[InputLike]]
    from_: NotRequired[AdaptationFrom]
    covariance: NotRequired[bool]
    seed: NotRequired[int]


class AdapterSettingsFeatures(TypedDict):
    encoder: str
    sha256: str
    dimension: int


class AdapterSettingsShape(TypedDict):
    features: Sequence[int]
    hidden: int
    wordWidth: int
    shared: bool
    prompt: int
    promptNetwork: bool
    tokenNorm: bool


class AdapterSettingsDecoder(TypedDict):
    id: str
    sha256: str


class AdapterSettings(TypedDict):
    vision: AdapterVision
    features: Sequence[AdapterSettingsFeatures]
    shape: AdapterSettingsShape
    decoder: AdapterSettingsDecoder
    loss: Literal['answer', 'all']
    questions: NotRequired[Literal['plain', 'verbatim']]
    training: AdapterTraining


class Adapter(TypedDict):
    id: str
    version: int
    sha256: str
    bytes: int
    collection: str | None
    sequence: int | None
    createdAt: str
    parameters: int
    settings: AdapterSettings


class AdapterInputsLayers(TypedDict):
    name: str
    id: str
    dimension: int
    sha256: str


class AdapterInputsAdapter(TypedDict):
    id: str
    version: int
    sha256: str
    decoder: AdapterSettingsDecoder
    plan: AdapterPlan
    prompt: Sequence[Sequence[float]]


class AdapterInputsInputsNeighbours(TypedDict):
    id: str
    caption: str | None
    similarity: float
    imageVector: Sequence[float]
    textVector: Sequence[float]


class AdapterInputsInputs(TypedDict):
    anchor: str | None
    neighbours: NotRequired[Sequence[AdapterInputsInputsNeighbours]]
    layers: NotRequired[Sequence[Sequence[float]]]
    prefix: NotRequired[Sequence[Sequence[float]]]


class AdapterInputs(TypedDict):
    sequence: int
    layers: Sequence[AdapterInputsLayers]
    adapter: NotRequired[AdapterInputsAdapter]
    inputs: Sequence[AdapterInputsInputs]


class AdapterInputsRequest(TypedDict):
    inputs: NotRequired[Sequence[InputLike]]
    all: NotRequired[Literal[True]]
    layers: NotRequired[Sequence[str]]
    adapter: NotRequired[str]
    neighbours: NotRequired[int]
    format: NotRequired[Literal['json', 'npy', 'safetensors']]


class AdapterList(TypedDict):
    adapters: Sequence[Adapter]


class AdapterPlanLayers(TypedDict):
    layer: int
    action: Literal['prepend', 'replace', 'carry']
    vector: NotRequired[int]


class AdapterPlan(TypedDict):
    method: Literal['epalm', 'limber']
    mode: Literal['legacy', 'causal-keep', 'causal-drop', None]
    layers: Sequence[AdapterPlanLayers]
    afterwards: Literal['carried', 'dropped', None]


class AdapterTrainingRates(TypedDict):
    connection: float
    prompt: float


class AdapterTrainingCurve(TypedDict):
    epoch: int
    loss: float
    validation: float | None


class AdapterTrainingBest(TypedDict):
    """The epoch whose tensors were kept."""
    epoch: int
    loss: float


class AdapterTraining(TypedDict):
    """Null for an adapter that was made elsewhere."""
    rows: int
    validationRows: int
    sha256: str
    seed: int
    batch: int
    epochs: int
    steps: int
    rates: AdapterTrainingRates
    schedule: NotRequired[Literal['cosine', 'authors']]
    curve: Sequence[AdapterTrainingCurve]
    best: AdapterTrainingBest


class AdapterVisionEpalmInjection(TypedDict):
    startLayer: int
    endLayer: int
    vectors: int
    textStep: int
    selectHigherStep: NotRequired[bool]


class AdapterVisionEpalm(TypedDict):
    kind: Literal['epalm']
    mode: Literal['legacy', 'causal-keep', 'causal-drop']
    injection: AdapterVisionEpalmInjection
    tokens: int


class AdapterVisionLimber(TypedDict):
    kind: Literal['limber']
    vectors: int
    tokens: int


AdapterVision = Union["AdapterVisionEpalm", "AdapterVisionLimber", "None"]
"""Null for a soft prompt alone."""


class AdoptedIndexesImage(TypedDict):
    gone: int
    added: int


class AdoptedIndexes(TypedDict):
    """What has changed since the index was built."""
    sequence: int
    image: AdoptedIndexesImage
    text: AdoptedIndexesImage


Advice = TypedDict(
    "Advice",
    {
        "reason": "Literal['no-anchors', 'few-anchors', 'far-captions', 'incoherent-images', 'confused-with', 'missing-group']",
        "with": "NotRequired[str]",
        "group": "NotRequired[Any]",
        "measured": "NotRequired[float]",
        "usual": "NotRequired[float]",
        "message": "str",
    },
)


class AggregationMean(TypedDict):
    kind: Literal['mean']


class AggregationProduct(TypedDict):
    kind: Literal['product']


class AggregationMin(TypedDict):
    kind: Literal['min']


AggregationMeanVariance = TypedDict(
    "AggregationMeanVariance",
    {
        "kind": "Literal['mean-variance']",
        "lambda": "NotRequired[float]",
    },
)


class AggregationTrimmed(TypedDict):
    kind: Literal['trimmed']


class AggregationBorda(TypedDict):
    kind: Literal['borda']


class AggregationReciprocalRank(TypedDict):
    kind: Literal['reciprocal-rank']


class AggregationMajority(TypedDict):
    kind: Literal['majority']


Aggregation = Union["AggregationMean", "AggregationProduct", "AggregationMin", "AggregationMeanVariance", "AggregationTrimmed", "AggregationBorda", "AggregationReciprocalRank", "AggregationMajority"]
"""How calibrated scores become one; `mean` where absent."""


class Agreement(TypedDict):
    margin: float | None
    marginInDeviations: float | None
    agreement: float
    kendallW: float | None
    entropy: float
    disagreement: float
    stableWithout: Sequence[bool | None]


class Anchor(TypedDict):
    """An image-text pair. A vector that is given is used as it is; one that is missing is computed from `image` or
    `text`.
    """
    id: str
    text: NotRequired[str]
    image: NotRequired[ImageLike]
    imageVector: NotRequired[VectorLike]
    textVector: NotRequired[VectorLike]
    metadata: NotRequired[Metadata]
    source: NotRequired[AnchorSource]


class AnchorChange(TypedDict):
    """What is not given stays; `metadata` takes the place of all that was there."""
    text: NotRequired[str]
    metadata: NotRequired[Metadata]
    ifSequence: NotRequired[int]


class AnchorContent(TypedDict):
    """An anchor to compare with the one that is stored; what is absent is not compared."""
    id: str
    source: NotRequired[AnchorSource]
    imageSha256: NotRequired[str]
    text: NotRequired[str]
    metadata: NotRequired[Metadata]


class AnchorIds(TypedDict):
    ids: NotRequired[Sequence[str]]
    anchors: NotRequired[Sequence[AnchorContent]]


class AnchorLabel(TypedDict):
    anchor: str
    label: Label


class AnchorPage(TypedDict):
    anchors: Sequence[StoredAnchor]
    nextCursor: str | None


class AnchorSource(TypedDict):
    """Where an anchor comes from. `…/anchors/exists` tells by it whether an anchor has changed or another one has the
    same id. It is stored with the anchor, erased with it, and in no answer.
    """
    container: str
    name: str


class AnchorsOfSource(TypedDict):
    container: str
    limit: NotRequired[int]
    after: NotRequired[str]


class ApiKey(TypedDict):
    id: str
    name: str
    scope: Literal['read', 'write', 'admin']
    collections: Sequence[str] | None
    perMinute: int | None
    createdAt: str
    expiresAt: str | None
    revokedAt: str | None


class AutoOfferMeasuredTop1Difference(TypedDict):
    """Paired by question, with a 95 % interval by the bootstrap over held-out captions."""
    mean: float
    low: float
    high: float


class AutoOfferMeasuredTop1(TypedDict):
    now: float
    auto: float
    difference: AutoOfferMeasuredTop1Difference


class AutoOfferMeasured(TypedDict):
    """By the collection's own anchors, with captions held out."""
    sequence: int
    anchors: int
    questions: int
    classes: int
    top1: AutoOfferMeasuredTop1
    top5: AutoOfferMeasuredTop1


class AutoOffer(TypedDict):
    """What a move to `auto` (transform, k and p) would be expected to bring. Absent where all of them are `auto`, and
    in lists.
    """
    state: Literal['unknown', 'measuring', 'measured']
    reason: NotRequired[str]
    measured: NotRequired[AutoOfferMeasured]


class AutoRuleAsif(TypedDict):
    """As it was set; `asif` beside it has the values that are in use."""
    k: Literal['auto'] | int
    p: Literal['auto'] | float
    negatives: Literal['cut', 'keep']


AutoRuleAnchors = TypedDict(
    "AutoRuleAnchors",
    {
        "from": "int",
        "to": "int",
    },
)
"""What is `auto` stays the same from so many anchors to so many."""


class AutoRule(TypedDict):
    """Absent in answers of older versions."""
    asif: AutoRuleAsif
    anchors: AutoRuleAnchors
    rule: str


class BackupRequestBaseCollections(TypedDict):
    key: int
    sequence: int
    imageEncoder: int
    textEncoder: int


class BackupRequestBase(TypedDict):
    """The header of the backup to continue: its `id`, `createdAt` and `collections`. Absent: a full backup."""
    id: str
    createdAt: str
    collections: Sequence[BackupRequestBaseCollections]


class BackupRequest(TypedDict):
    contents: NotRequired[Literal['everything', 'receipts']]
    base: NotRequired[BackupRequestBase]


class BoundEncoder(TypedDict):
    id: str
    sha256: str
    dimension: int


class CalibrateRequest(TypedDict):
    """What is not given is the collection's own. A calibration is for one method, ensemble, k, p, negatives, transform
    and filter.
    """
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int]
    members: NotRequired[Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa']]]
    ensemble: NotRequired[Literal['max', 'mean']]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    minSequence: NotRequired[int]
    filter: NotRequired[Filter]
    by: NotRequired[str]
    classes: NotRequired[int]
    images: NotRequired[int]
    seed: NotRequired[int]


class CalibrationSettings(TypedDict):
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    ensemble: Literal['max', 'mean']
    k: Literal['auto'] | int
    p: Literal['auto'] | float
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: Transform
    rank: int | None
    members: Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa']] | None
    filter: Filter | None


class CalibrationUsed_(TypedDict):
    """The k and p that it was made with, which `auto` stood for; absent in what older versions made."""
    k: int
    p: float


class Calibration(TypedDict):
    settings: CalibrationSettings
    calibratedAt: str
    sequence: int
    used: NotRequired[CalibrationUsed_]
    current: bool
    anchors: int
    by: str | None
    seed: int
    folds: int
    byClasses: Sequence[CalibrationEvidence]


class CalibrationEvidenceExpectedCalibrationError(TypedDict):
    fitted: float
    tested: float


class CalibrationEvidenceRiskCoverage(TypedDict):
    threshold: float
    coverage: float
    risk: float


CalibrationEvidenceReliability = TypedDict(
    "CalibrationEvidenceReliability",
    {
        "from": "float",
        "to": "float",
        "images": "int",
        "confidence": "float",
        "accuracy": "float",
        "low": "float",
        "high": "float",
    },
)


class CalibrationEvidenceAbstain(TypedDict):
    risk: float
    coverage: float
    measuredRisk: float | None


class CalibrationEvidenceConformal(TypedDict):
    coverage: float
    measuredCoverage: float
    meanSize: float


class CalibrationEvidence(TypedDict):
    classes: int
    softness: float | None
    temperature: float
    fittedImages: int
    testedImages: int
    accuracy: float
    meanConfidence: float
    expectedCalibrationError: CalibrationEvidenceExpectedCalibrationError
    negativeLogLikelihood: CalibrationEvidenceExpectedCalibrationError
    riskCoverage: Sequence[CalibrationEvidenceRiskCoverage]
    reliability: Sequence[CalibrationEvidenceReliability]
    abstain: Sequence[CalibrationEvidenceAbstain]
    conformal: Sequence[CalibrationEvidenceConformal]


class CalibrationList(TypedDict):
    calibrations: Sequence[Calibration]


class CalibrationUsedConformal(TypedDict):
    coverage: float
    atLeast: float


class CalibrationUsed(TypedDict):
    sequence: int
    asif: NotRequired[CalibrationUsed_]
    current: bool
    classes: int
    extrapolated: bool
    temperature: float
    expectedCalibrationError: float
    abstain: NotRequired[CalibrationEvidenceRiskCoverage | None]
    conformal: NotRequired[CalibrationUsedConformal]


class CheckSettings(TypedDict):
    by: str | None
    imageSimilarity: float
    textSimilarity: float
    mismatchRank: float
    limit: int
    asif: CalibrationUsed_


class Check(TypedDict):
    """What a check of a collection's anchors found last."""
    sequence: int
    anchorCount: int
    settings: CheckSettings
    tookMs: float
    checkedAt: str
    current: bool
    gone: int
    problems: Sequence[CheckProblem]


class CheckFindingAnchors(TypedDict):
    anchor: str
    text: str | None
    image: str | None


class CheckFinding(TypedDict):
    score: float
    count: int
    anchors: Sequence[CheckFindingAnchors]
    beside: CheckFindingAnchors | None
    value: str | float | bool | None
    reason: str


class CheckProblem(TypedDict):
    kind: Literal['duplicate-pairs', 'duplicate-images', 'duplicate-captions', 'mismatches', 'spoilers', 'outliers', 'shared-captions', 'thin-classes']
    count: int
    anchors: int
    skipped: str | None
    findings: Sequence[CheckFinding]


class CheckRequest(TypedDict):
    minSequence: NotRequired[int]
    by: NotRequired[str]
    imageSimilarity: NotRequired[float]
    textSimilarity: NotRequired[float]
    mismatchRank: NotRequired[float]
    limit: NotRequired[int]


class ClassCoverageNearest(TypedDict):
    text: str | None
    anchor: str
    anchors: int
    similarity: float
    weight: float


ClassCoverageOverlap = TypedDict(
    "ClassCoverageOverlap",
    {
        "with": "str",
        "index": "int",
        "overlap": "float",
    },
)
"""With the most overlapping class: the cosine of both representations."""


class ClassCoverageGroups(TypedDict):
    group: NotRequired[Any]
    weight: float


class ClassCoverage(TypedDict):
    name: str
    risk: float
    anchors: int
    effectiveAnchors: float
    nearest: Sequence[ClassCoverageNearest]
    imageCoherence: float | None
    overlap: ClassCoverageOverlap | None
    groups: NotRequired[Sequence[ClassCoverageGroups]]
    advice: Sequence[Advice]


class ClassifiedClassesExplanation(TypedDict):
    anchor: str
    text: str | None
    image: NotRequired[str | None]
    contribution: float
    imageSimilarity: float
    textSimilarity: float


class ClassifiedClassesOthers(TypedDict):
    """The anchors that `explanation` does not list."""
    anchors: int
    contribution: float


class ClassifiedClassesGroups(TypedDict):
    group: NotRequired[Any]
    anchors: int
    contribution: float


class ClassifiedClassesOtherGroups(TypedDict):
    """Those that are not listed."""
    groups: int
    contribution: float


class ClassifiedClasses(TypedDict):
    name: str
    score: float
    explanation: NotRequired[Sequence[ClassifiedClassesExplanation]]
    others: NotRequired[ClassifiedClassesOthers]
    groups: NotRequired[Sequence[ClassifiedClassesGroups]]
    otherGroups: NotRequired[ClassifiedClassesOtherGroups]
    against: NotRequired[Contrast]


class Classified(TypedDict):
    classes: Sequence[ClassifiedClasses]
    support: NotRequired[int]
    offset: NotRequired[float]
    explanation: NotRequired[Sequence[ClassifiedClassesExplanation]]
    others: NotRequired[ClassifiedClassesOthers]
    groups: NotRequired[Sequence[ClassifiedClassesGroups]]
    otherGroups: NotRequired[ClassifiedClassesOtherGroups]
    against: NotRequired[Contrast]


class ClassifyAnswerFits(TypedDict):
    kind: Literal['csa', 'orthogonal', 'ridge']
    version: int
    sequence: int
    anchors: int


class ClassifyAnswer(TypedDict):
    results: Sequence[ClassifyResult]
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    fits: Sequence[ClassifyAnswerFits]
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float
    calibration: NotRequired[CalibrationUsed]


class ClassifyRequestAbstain(TypedDict):
    """Adds `abstained`: true where the first class is less sure than what kept the share of wrong answers at `risk` on
    held-out anchors. Needs a calibration.
    """
    risk: float


class ClassifyRequestConformal(TypedDict):
    """Adds `set`: classes among which the true one is with this probability, over images and classes such as those
    held out (split conformal prediction). Needs a calibration.
    """
    coverage: float


class ClassifyRequest(TypedDict):
    images: Sequence[InputLike]
    classes: Sequence[ClassLike]
    templates: NotRequired[Sequence[str]]
    ensemble: NotRequired[Literal['max', 'mean', 'summary']]
    top: NotRequired[int]
    explain: NotRequired[Explain]
    filter: NotRequired[Filter]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    adaptation: NotRequired[str]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int]
    members: NotRequired[Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa']]]
    exact: NotRequired[bool]
    ef: NotRequired[int]
    probabilities: NotRequired[bool]
    abstain: NotRequired[ClassifyRequestAbstain]
    conformal: NotRequired[ClassifyRequestConformal]


class ClassifyResultClasses(TypedDict):
    name: str
    score: float
    explanation: NotRequired[Sequence[ClassifiedClassesExplanation]]
    others: NotRequired[ClassifiedClassesOthers]
    groups: NotRequired[Sequence[ClassifiedClassesGroups]]
    otherGroups: NotRequired[ClassifiedClassesOtherGroups]
    against: NotRequired[Contrast]
    probability: NotRequired[float]


class ClassifyResultSet(TypedDict):
    name: str
    probability: float


class ClassifyResult(TypedDict):
    classes: Sequence[ClassifyResultClasses]
    support: NotRequired[int]
    offset: NotRequired[float]
    explanation: NotRequired[Sequence[ClassifiedClassesExplanation]]
    others: NotRequired[ClassifiedClassesOthers]
    groups: NotRequired[Sequence[ClassifiedClassesGroups]]
    otherGroups: NotRequired[ClassifiedClassesOtherGroups]
    against: NotRequired[Contrast]
    abstained: NotRequired[bool]
    set: NotRequired[Sequence[ClassifyResultSet]]


class CollectionEncoders(TypedDict):
    """The encoders that made its vectors, which may be other ones than those installed under their ids."""
    image: BoundEncoder
    text: BoundEncoder


class CollectionAsif(TypedDict):
    """The values in use now."""
    k: int
    p: float
    negatives: Literal['cut', 'keep']


class CollectionIndexes(TypedDict):
    image: IndexStatus
    text: IndexStatus


class Collection(TypedDict):
    name: str
    imageEncoder: EncoderChoice
    textEncoder: EncoderChoice
    encoders: CollectionEncoders
    asif: CollectionAsif
    images: ImageKeeping
    transform: Transform
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    rank: int | None
    ensemble: Literal['max', 'mean']
    auto: NotRequired[AutoRule]
    move: NotRequired[TransformMove]
    autoOffer: NotRequired[AutoOffer]
    imageBytes: NotRequired[int]
    anchorCount: int
    sequence: int
    indexes: CollectionIndexes
    createdAt: str


class CollectionChangeAsif(TypedDict):
    k: NotRequired[Literal['auto'] | int]
    p: NotRequired[Literal['auto'] | float]
    negatives: NotRequired[Literal['cut', 'keep']]


class CollectionChangeImages2(TypedDict):
    keep: NotRequired[Literal['original', 'thumbnail', 'none']]
    longestSide: NotRequired[int]
    format: NotRequired[Literal['as-sent', 'webp', 'jpeg']]


class CollectionChange(TypedDict):
    """What queries are answered by where they say nothing else; what is not given stays."""
    asif: NotRequired[CollectionChangeAsif]
    images: NotRequired[Literal['original', 'thumbnail', 'none'] | CollectionChangeImages2]
    transform: NotRequired[Transform]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int | None]
    ensemble: NotRequired[Literal['max', 'mean']]


class CollectionList(TypedDict):
    collections: Sequence[Collection]


class CollectionSizeMemory(TypedDict):
    vectors: int


class CollectionSizeDisk(TypedDict):
    """Rows in Postgres as stored; its indexes, logs and free room are not counted."""
    anchors: int
    vectors: int
    images: int


class CollectionSize(TypedDict):
    """In bytes."""
    memory: CollectionSizeMemory
    disk: CollectionSizeDisk


class CollectionSpec(TypedDict):
    """Without an encoder the service's default of that modality; k and p are `auto` where they are absent, negatives
    are cut, and `transform` is `auto` as well, but `none` where an encoder is external. The method is `asif+local`
    through `auto` where no encoder is external, else `asif`.
    """
    name: str
    imageEncoder: NotRequired[EncoderChoice]
    textEncoder: NotRequired[EncoderChoice]
    asif: NotRequired[CollectionChangeAsif]
    images: NotRequired[Literal['original', 'thumbnail', 'none'] | CollectionChangeImages2]
    transform: NotRequired[Transform]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int | None]
    ensemble: NotRequired[Literal['max', 'mean']]


class Compacted(TypedDict):
    generation: int
    erased: int
    sequence: int
    tables: Literal['vacuum', 'rewrite']
    tookMs: float


class Condition(TypedDict):
    """What proposals are about: an image, frames, a text, or both."""
    image: NotRequired[InputLike]
    images: NotRequired[Sequence[InputLike]]
    text: NotRequired[InputLike]
    template: NotRequired[str]


class ConsensusAnswerAlone(TypedDict):
    scorer: str
    proposal: ProposalMade


class ConsensusAnswerFailures(TypedDict):
    scorer: str
    message: str
    policy: Literal['fail', 'drop', 'last']


class ConsensusAnswerCosts(TypedDict):
    scorer: str
    asked: int
    proposals: int
    ms: float
    failures: int
    report: NotRequired[Mapping[str, float]]


class ConsensusAnswerTraceCalibrationsNone(TypedDict):
    kind: Literal['none']


class ConsensusAnswerTraceCalibrationsAffine(TypedDict):
    kind: Literal['affine']
    scale: float
    shift: float


class ConsensusAnswerTraceCalibrationsZ(TypedDict):
    kind: Literal['z']
    clip: NotRequired[float]


class ConsensusAnswerTraceCalibrationsRobustZ(TypedDict):
    kind: Literal['robust-z']
    clip: NotRequired[float]


class ConsensusAnswerTraceCalibrationsMinMax(TypedDict):
    kind: Literal['min-max']


class ConsensusAnswerTraceCalibrationsRank(TypedDict):
    kind: Literal['rank']


class ConsensusAnswerTraceCalibrationsSoftmax(TypedDict):
    kind: Literal['softmax']
    temperature: NotRequired[float]


class ConsensusAnswerTraceCalibrationsLogSoftmax(TypedDict):
    kind: Literal['log-softmax']
    temperature: NotRequired[float]


class ConsensusAnswerTraceCalibrationsEcdf(TypedDict):
    kind: Literal['ecdf']


class ConsensusAnswerTraceCalibrationsLogistic(TypedDict):
    kind: Literal['logistic']
    slope: float
    intercept: float


class ConsensusAnswerTrace(TypedDict):
    rounds: Sequence[ConsensusRound]
    backgrounds: Sequence[Sequence[float] | None]
    calibrations: Sequence[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]
    aggregation: Aggregation
    weights: Sequence[float]


class ConsensusAnswer(TypedDict):
    winner: ProposalRanked
    abstained: bool
    stopped: Literal['rounds', 'score-budget', 'time-budget', 'converged', 'unanimous', 'no-proposals']
    rounds: int
    proposals: int
    vetoed: int
    top: Sequence[ProposalRanked]
    agreement: Agreement
    alone: Sequence[ConsensusAnswerAlone]
    weights: Mapping[str, float]
    failures: Sequence[ConsensusAnswerFailures]
    costs: Sequence[ConsensusAnswerCosts]
    seed: int
    trace: NotRequired[ConsensusAnswerTrace]
    sequence: int
    tookMs: float


class ConsensusRequestAbstain(TypedDict):
    """Below either of these the run abstains."""
    margin: NotRequired[float]
    agreement: NotRequired[float]


class ConsensusRequestBudget(TypedDict):
    scores: NotRequired[int]
    ms: NotRequired[int]


class ConsensusRequest(TypedDict):
    collection: str
    condition: Condition
    aggregation: NotRequired[Aggregation]
    filter: NotRequired[Filter]
    rank: NotRequired[int]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]
    task: NotRequired[Literal['caption', 'tag', 'answer']]
    field: NotRequired[str]
    generators: NotRequired[Sequence[Generator]]
    scorers: NotRequired[Sequence[Scorer]]
    rounds: NotRequired[int]
    proposals: NotRequired[int]
    beam: NotRequired[int]
    temperature: NotRequired[float]
    epsilon: NotRequired[float]
    patience: NotRequired[int]
    stopWhenUnanimous: NotRequired[bool]
    quorum: NotRequired[float]
    abstain: NotRequired[ConsensusRequestAbstain]
    budget: NotRequired[ConsensusRequestBudget]
    seed: NotRequired[int]
    stream: NotRequired[bool]
    trace: NotRequired[bool]


class ConsensusRoundProposedPayloadText(TypedDict):
    kind: Literal['text']
    text: str


class ConsensusRoundProposedPayloadAnchor(TypedDict):
    kind: Literal['anchor']
    anchor: str


class ConsensusRoundProposedPayloadVector(TypedDict):
    kind: Literal['vector']
    modality: Literal['image', 'text']
    vector: Sequence[float]


class ConsensusRoundProposedPayloadSteps(TypedDict):
    kind: Literal['steps']
    steps: Sequence[str]
    done: bool


class ConsensusRoundProposedPayloadAction(TypedDict):
    kind: Literal['action']
    action: Sequence[float]


class ConsensusRoundProposed(TypedDict):
    id: str
    payload: ConsensusRoundProposedPayloadText | ConsensusRoundProposedPayloadAnchor | ConsensusRoundProposedPayloadVector | ConsensusRoundProposedPayloadSteps | ConsensusRoundProposedPayloadAction
    generator: str
    round: int
    parents: Sequence[str]
    logProbability: NotRequired[float]


class ConsensusRoundVetoes(TypedDict):
    proposal: str
    scorer: str
    reason: str


class ConsensusRoundSurvivors(TypedDict):
    proposal: str
    value: float | None
    scores: Sequence[float | None]


class ConsensusRound(TypedDict):
    round: int
    proposed: Sequence[ConsensusRoundProposed]
    scores: Sequence[Sequence[float | None]]
    vetoes: Sequence[ConsensusRoundVetoes]
    failures: Sequence[ConsensusAnswerFailures]
    survivors: Sequence[ConsensusRoundSurvivors]
    improvement: float | None


class ConsensusScoreAnswerProposals(TypedDict):
    id: str
    kind: Literal['text', 'anchor', 'vector', 'steps', 'action']
    text: NotRequired[str]
    anchor: NotRequired[str]
    modality: NotRequired[Literal['image', 'text']]
    vector: NotRequired[Sequence[float]]
    steps: NotRequired[Sequence[str]]
    done: NotRequired[bool]
    action: NotRequired[Sequence[float]]


class ConsensusScoreAnswerScorers(TypedDict):
    name: str
    weight: float
    raw: Sequence[float | None]
    calibrated: Sequence[float | None]


class ConsensusScoreAnswer(TypedDict):
    proposals: Sequence[ConsensusScoreAnswerProposals]
    scorers: Sequence[ConsensusScoreAnswerScorers]
    values: Sequence[float | None]
    vetoes: Sequence[ConsensusRoundVetoes]
    failures: Sequence[ConsensusAnswerFailures]
    sequence: int
    tookMs: float


class ConsensusScoreRequest(TypedDict):
    collection: str
    condition: Condition
    aggregation: NotRequired[Aggregation]
    filter: NotRequired[Filter]
    rank: NotRequired[int]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]
    proposals: Sequence[Proposal]
    scorers: Sequence[Scorer]


class ContentState(TypedDict):
    id: str
    state: Literal['absent', 'same', 'changed', 'clash']
    differs: Sequence[Literal['image', 'text', 'metadata']]


class ContrastAnchors(TypedDict):
    anchor: str
    text: str | None
    image: NotRequired[str | None]
    contribution: float
    against: float
    difference: float


class ContrastOthers(TypedDict):
    anchors: int
    difference: float


class ContrastGroups(TypedDict):
    group: NotRequired[Any]
    anchors: int
    difference: float
    contribution: float
    against: float


class ContrastOtherGroups(TypedDict):
    """Those that are not listed."""
    groups: int
    difference: float
    contribution: float
    against: float


class Contrast(TypedDict):
    """null where no class has another name."""
    name: str
    score: float
    difference: float
    anchors: Sequence[ContrastAnchors]
    others: ContrastOthers
    groups: NotRequired[Sequence[ContrastGroups]]
    otherGroups: NotRequired[ContrastOtherGroups]


class CounterfactualAnswerAnchors(TypedDict):
    before: int
    after: int


class CounterfactualAnswerResultsChanges(TypedDict):
    name: str
    before: float
    after: float
    change: float


class CounterfactualAnswerResults(TypedDict):
    before: Classified
    after: Classified
    flips: bool
    changes: Sequence[CounterfactualAnswerResultsChanges]


class CounterfactualAnswerFits(TypedDict):
    """Methods other than `asif` are fitted anew on the anchors that stay, which is not stored."""
    before: Sequence[ClassifyAnswerFits]
    after: Sequence[ClassifyAnswerFits]


class CounterfactualAnswerTransformsImage(TypedDict):
    transform: FittedTransform
    transformVersion: int
    transformSequence: int


class CounterfactualAnswerTransforms(TypedDict):
    """Of `asif`: the fits of the anchors as they are, which both answers look through. With `none` the second answer
    is to the last bit that of a collection so edited; otherwise of one that is not fitted anew yet.
    """
    image: CounterfactualAnswerTransformsImage
    text: CounterfactualAnswerTransformsImage


class CounterfactualAnswerAsif(TypedDict):
    """The k and p of both answers: `auto` goes by the number of anchors of each."""
    before: CalibrationUsed_
    after: CalibrationUsed_


class CounterfactualAnswer(TypedDict):
    anchors: CounterfactualAnswerAnchors
    removed: int
    added: int
    replaced: int
    flipped: int
    results: Sequence[CounterfactualAnswerResults]
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    fits: CounterfactualAnswerFits
    transforms: NotRequired[CounterfactualAnswerTransforms]
    asif: NotRequired[CounterfactualAnswerAsif]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class CounterfactualRequestWithout(TypedDict):
    """Anchors that are taken away: by id, by metadata, or both. Ids that are not there do not matter."""
    ids: NotRequired[Sequence[str]]
    filter: NotRequired[Filter]


class CounterfactualRequest(TypedDict):
    images: Sequence[InputLike]
    classes: Sequence[ClassLike]
    templates: NotRequired[Sequence[str]]
    ensemble: NotRequired[Literal['max', 'mean']]
    top: NotRequired[int]
    explain: NotRequired[Explain]
    filter: NotRequired[Filter]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int]
    members: NotRequired[Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa']]]
    exact: NotRequired[Literal[True]]
    without: NotRequired[CounterfactualRequestWithout]
    with_: NotRequired[Sequence[Anchor]]
    changes: NotRequired[int]


class CoverageAnswerOverlaps(TypedDict):
    first: int
    second: int
    names: Sequence[str]
    overlap: float


class CoverageAnswerUsual(TypedDict):
    """What nine of ten of the collection's own captions reach by the anchors of the others; null with fewer than 20."""
    captions: int
    nearestSimilarity: float
    imageCoherence: float


class CoverageAnswer(TypedDict):
    classes: Sequence[ClassCoverage]
    overlaps: Sequence[CoverageAnswerOverlaps]
    usual: CoverageAnswerUsual | None
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class CoverageRequest(TypedDict):
    classes: Sequence[ClassLike]
    templates: NotRequired[Sequence[str]]
    filter: NotRequired[Filter]
    top: NotRequired[int]
    groupBy: NotRequired[str]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]


class CreatedKey(TypedDict):
    id: str
    name: str
    scope: Literal['read', 'write', 'admin']
    collections: Sequence[str] | None
    perMinute: int | None
    createdAt: str
    expiresAt: str | None
    revokedAt: str | None
    key: str


class Decoder(TypedDict):
    id: str
    sha256: str | None
    parameters: int | None
    layers: int | None
    hidden: int | None
    wordWidth: int | None
    vocabulary: int | None
    positions: int | None
    fault: str | None


class DecoderList(TypedDict):
    decoders: Sequence[Decoder]


class DeleteAnchors(TypedDict):
    ids: NotRequired[Sequence[str]]
    neverAgain: NotRequired[bool]
    minSequence: NotRequired[int]
    ifSequence: NotRequired[int]
    filter: NotRequired[Filter]


class DeletedReceipt(TypedDict):
    id: str | None
    state: Literal['hidden', 'erased']
    sequence: int
    deletedAt: str
    count: int
    hash: str | None


class Deleted(TypedDict):
    sequence: int
    deleted: int
    receipt: DeletedReceipt


class DeletionReceiptAnchors(TypedDict):
    id: str
    content: str


class DeletionReceipt(TypedDict):
    kind: Literal['deletion']
    id: str
    position: int
    sequence: int
    count: int
    previousHash: str
    hash: str
    version: Literal[1] | Literal[2]
    key: str | None
    user: str | None
    retainedBy: Sequence[str]
    nodes: Sequence[str]
    state: Literal['hidden', 'erased']
    deletedAt: str
    erasedAt: str | None
    generation: int | None
    fitsFrom: int | None
    salt: str
    anchorsHash: str
    anchors: NotRequired[Sequence[DeletionReceiptAnchors]]


class Encoder(TypedDict):
    id: str
    modality: Literal['image', 'text']
    dimension: int
    default: bool
    sha256: str
    source: str
    licence: str
    layers: Sequence[AdapterInputsLayers]
    built: bool


class EncoderChoiceExternalExternal(TypedDict):
    dimension: int
    name: NotRequired[str]
    fingerprint: NotRequired[str]


class EncoderChoiceExternal(TypedDict):
    external: EncoderChoiceExternalExternal


EncoderChoice = Union["str", "EncoderChoiceExternal"]
"""The id of an encoder (`GET /v1/encoders`), or `external` with a dimension: then only vectors are accepted."""


class EncoderList(TypedDict):
    encoders: Sequence[Encoder]


class EraseRequestQuestionsBy(TypedDict):
    by: str
    pictures: NotRequired[int]


class EraseRequestQuestions2(TypedDict):
    anchors: Sequence[str]
    classes: Sequence[str]


class EraseRequest(TypedDict):
    filter: NotRequired[Filter]
    askedBy: NotRequired[str]
    reason: NotRequired[str]
    questions: NotRequired[EraseRequestQuestionsBy | EraseRequestQuestions2]
    imageSimilarity: NotRequired[float]
    search: NotRequired[bool]
    ids: NotRequired[Sequence[str]]


class ErasureReceipt(TypedDict):
    kind: Literal['erasure']
    id: str
    position: int
    sequence: int
    count: int
    previousHash: str
    hash: str
    version: Literal[1] | Literal[2]
    key: str | None
    user: str | None
    retainedBy: Sequence[str]
    nodes: Sequence[str]
    erasedAt: str
    installation: str
    generation: int


class ErasureReportAsked(TypedDict):
    by: str | None
    reason: str | None
    at: str


class ErasureReportWhich(TypedDict):
    """The filter, or the number of ids; ids of deleted anchors are not kept."""
    filter: Mapping[str, Any] | None
    ids: int | None


class ErasureReportNearCopiesListed(TypedDict):
    anchor: str
    text: str | None
    similarity: float


class ErasureReportNearCopies(TypedDict):
    imageSimilarity: float
    count: int
    listed: Sequence[ErasureReportNearCopiesListed]


class ErasureReportQuestionsSettings(TypedDict):
    """Of `before`, `predicted` and `after`: without a fitted transform, so that a prediction has to be equal."""
    method: Literal['asif']
    transform: Literal['none']


class ErasureReportQuestionsQuestionsUsual(TypedDict):
    """The first class as the collection answers, whose transforms were fitted anew after the deletion."""
    before: str
    after: str


class ErasureReportQuestionsQuestionsBefore(TypedDict):
    name: str
    score: float


class ErasureReportQuestionsQuestions(TypedDict):
    anchor: str
    text: str | None
    usual: ErasureReportQuestionsQuestionsUsual
    before: ErasureReportQuestionsQuestionsBefore
    predicted: ErasureReportQuestionsQuestionsBefore
    after: ErasureReportQuestionsQuestionsBefore
    difference: float


class ErasureReportQuestions(TypedDict):
    classes: Sequence[str]
    settings: ErasureReportQuestionsSettings
    flipped: int
    largestDifference: float
    equal: bool
    questions: Sequence[ErasureReportQuestionsQuestions]


class ErasureReportFitsImage(TypedDict):
    transform: str
    sequence: int


class ErasureReportFits(TypedDict):
    """The transforms in use afterwards: nothing that was deleted up to their sequence has a trace in them."""
    image: ErasureReportFitsImage
    text: ErasureReportFitsImage


class ErasureReportSearched(TypedDict):
    anchors: int
    found: int
    traces: Sequence[str]
    places: Sequence[str]


class ErasureReport(TypedDict):
    version: Literal[1]
    collection: str
    installation: str
    madeAt: str
    asked: ErasureReportAsked
    which: ErasureReportWhich
    deleted: int
    sequence: int
    deletion: str
    erasure: str
    chain: Sequence[Receipt]
    nearCopies: ErasureReportNearCopies
    questions: ErasureReportQuestions | None
    fits: ErasureReportFits
    searched: ErasureReportSearched | None
    notSearched: Sequence[str]


class EvaluateRequest(TypedDict):
    """Everything else is the collection's own: k, p, transform, rank and ensemble."""
    minSequence: NotRequired[int]
    by: NotRequired[str]
    hold: NotRequired[Literal['classes', 'images']]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    classes: NotRequired[int]
    questions: NotRequired[int]
    seed: NotRequired[int]


class EvaluatedClass(TypedDict):
    name: str
    anchors: int
    questions: int
    right: int
    answered: int


class EvaluationChance(TypedDict):
    top1: float
    top5: float


class EvaluationPoints(TypedDict):
    anchors: int
    top1: AutoOfferMeasuredTop1Difference
    top5: AutoOfferMeasuredTop1Difference


class EvaluationConfusions(TypedDict):
    truth: str
    answered: str
    count: int


class Evaluation(TypedDict):
    """Holds names of classes, which are captions where `by` is null; compaction erases it."""
    sequence: int
    current: bool
    evaluatedAt: str
    anchors: int
    by: str | None
    hold: Literal['classes', 'images']
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    seed: int
    folds: int
    questions: int
    candidates: int
    chance: EvaluationChance
    points: Sequence[EvaluationPoints]
    classes: Sequence[EvaluatedClass]
    confusions: Sequence[EvaluationConfusions]
    tookMs: float


class ExistingAnchors(TypedDict):
    existing: Sequence[str]
    states: NotRequired[Sequence[ContentState]]


class Explain2(TypedDict):
    top: NotRequired[int]
    groupBy: NotRequired[str]
    against: NotRequired[str]
    every: NotRequired[bool]


Explain = Union["int", "Explain2"]
"""How many anchors explain the first class of each result; or an object that asks for more than that. All
contributions add up to the score, the listed ones with what `others` says of the rest.
"""


class FacetValues(TypedDict):
    value: str | float | bool | None
    anchors: int


class Facet(TypedDict):
    key: str
    anchors: int
    distinct: int
    values: Sequence[FacetValues]


class FacetsAnswer(TypedDict):
    facets: Sequence[Facet]
    anchors: int
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class FacetsRequest(TypedDict):
    keys: NotRequired[Sequence[str]]
    filter: NotRequired[Filter]
    limit: NotRequired[int]
    minSequence: NotRequired[int]


class FeaturesRequest(TypedDict):
    layers: NotRequired[Sequence[str]]


Filter = Mapping[str, Any]
"""Conditions over metadata, all of which must hold. A key names a field, its value what the field equals or an
object of comparisons (`eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `exists`). `not` holds a filter that must
fail, `any` a list of filters of which one must hold. A field that is a list matches where one of its elements
does. At most 512 conditions (alternatives that ask for a value of one field count once for each field) and
50000 values.
"""


class FittedTransformWhiten(TypedDict):
    kind: Literal['whiten']
    power: float
    rank: int


FittedTransform = Union["Literal['none', 'center', 'whiten'] | FittedTransformWhiten"]
"""What is done to vectors of this modality: a name, or the power and the number of directions."""


class ForecastSettings(TypedDict):
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    k: Literal['auto'] | int
    p: Literal['auto'] | float
    negatives: Literal['cut', 'keep']
    transform: Transform
    ensemble: Literal['max', 'mean']


class ForecastTarget(TypedDict):
    top: Literal[1] | Literal[5] | Literal[10]
    error: float
    anchors: int | None
    reason: str | None


class ForecastAdvice(TypedDict):
    top: Literal[1] | Literal[5] | Literal[10]
    choice: Literal['more-anchors', 'other-encoder', 'both', 'neither', 'cannot-tell']
    sentence: str


class Forecast(TypedDict):
    sequence: int
    anchors: int
    by: str | None
    settings: ForecastSettings
    seed: int
    folds: int
    classes: int
    questions: int
    growths: Sequence[ForecastGrowth]
    target: ForecastTarget | None
    advice: ForecastAdvice
    notes: Sequence[str]
    tookMs: float
    forecastAt: str
    current: bool


class ForecastGrowthSizes(TypedDict):
    anchors: int
    error: float


class ForecastGrowthFit(TypedDict):
    """error = c + a anchors^-b, the forecast."""
    a: float
    b: float
    c: float


class ForecastGrowthForecastsGain(TypedDict):
    """The error with all anchors less this one, with its 90 % interval."""
    mean: float
    low: float
    high: float
    standardError: float


class ForecastGrowthForecasts(TypedDict):
    anchors: int
    error: float
    low: float
    high: float
    logLinear: float
    gain: ForecastGrowthForecastsGain


class ForecastGrowthBackTest(TypedDict):
    """The error of the last size, predicted from the smaller ones."""
    anchors: int
    predicted: float
    measured: float


class ForecastGrowthFloor(TypedDict):
    """The 90 % interval of the error that stays with any number of such anchors; determined where it is at most 0.1
    wide.
    """
    low: float
    high: float
    determined: bool


class ForecastGrowth(TypedDict):
    top: Literal[1] | Literal[5] | Literal[10]
    sizes: Sequence[ForecastGrowthSizes]
    fit: ForecastGrowthFit
    forecasts: Sequence[ForecastGrowthForecasts]
    backTest: ForecastGrowthBackTest
    floor: ForecastGrowthFloor
    constant: bool


class ForecastRequest(TypedDict):
    """Everything else is the collection's own: method, k, p, transform, rank and ensemble."""
    minSequence: NotRequired[int]
    by: NotRequired[str]
    target: NotRequired[float]
    top: NotRequired[int]
    classes: NotRequired[int]
    questions: NotRequired[int]
    draws: NotRequired[int]
    seed: NotRequired[int]


class GenerateAnswerAlternatives(TypedDict):
    answer: str
    logProbability: float


class GenerateAnswerAnchors(TypedDict):
    id: str
    caption: str | None
    similarity: float


class GenerateAnswerAdapter(TypedDict):
    id: str
    version: int
    sha256: str


class GenerateAnswerTookMs(TypedDict):
    inputs: float
    generation: float


class GenerateAnswer(TypedDict):
    answer: str
    tokens: Sequence[GeneratedToken]
    logProbability: float
    finished: bool
    alternatives: Sequence[GenerateAnswerAlternatives]
    anchors: Sequence[GenerateAnswerAnchors]
    prompt: str
    adapter: GenerateAnswerAdapter
    decoder: AdapterSettingsDecoder
    sequence: int
    tookMs: GenerateAnswerTookMs


class GenerateRequest(TypedDict):
    collection: str
    input: InputLike
    adapter: str
    prompt: NotRequired[str]
    beams: NotRequired[int]
    maxTokens: NotRequired[int]
    temperature: NotRequired[float]
    topP: NotRequired[float]
    seed: NotRequired[int]
    candidates: NotRequired[Sequence[str]]
    neighbours: NotRequired[int]
    stream: NotRequired[bool]


class GeneratedToken(TypedDict):
    id: int
    text: str
    logProbability: float


GeneratorList_ = TypedDict(
    "GeneratorList_",
    {
        "name": "Literal['list']",
        "proposals": "Sequence[Proposal]",
        "as": "NotRequired[str]",
    },
)


GeneratorCaptions = TypedDict(
    "GeneratorCaptions",
    {
        "name": "Literal['captions']",
        "k": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorAnchors = TypedDict(
    "GeneratorAnchors",
    {
        "name": "Literal['anchors']",
        "k": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorClassNames = TypedDict(
    "GeneratorClassNames",
    {
        "name": "Literal['class-names']",
        "field": "str",
        "as": "NotRequired[str]",
    },
)


GeneratorTags = TypedDict(
    "GeneratorTags",
    {
        "name": "Literal['tags']",
        "field": "str",
        "k": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorPhrases = TypedDict(
    "GeneratorPhrases",
    {
        "name": "Literal['phrases']",
        "k": "NotRequired[int]",
        "words": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorTemplate = TypedDict(
    "GeneratorTemplate",
    {
        "name": "Literal['template']",
        "template": "str",
        "words": "Mapping[str, Sequence[str]]",
        "as": "NotRequired[str]",
    },
)


GeneratorMutation = TypedDict(
    "GeneratorMutation",
    {
        "name": "Literal['mutation']",
        "operations": "NotRequired[Sequence[Literal['add', 'drop', 'swap']]]",
        "words": "NotRequired[Sequence[str]]",
        "longest": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorExpansion = TypedDict(
    "GeneratorExpansion",
    {
        "name": "Literal['expansion']",
        "k": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorLanguageModel = TypedDict(
    "GeneratorLanguageModel",
    {
        "name": "Literal['language-model']",
        "decoder": "str",
        "question": "NotRequired[str]",
        "prompt": "NotRequired[str]",
        "prefix": "NotRequired[str]",
        "feedback": "NotRequired[int]",
        "temperature": "NotRequired[float]",
        "topP": "NotRequired[float]",
        "maxTokens": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


GeneratorHttp = TypedDict(
    "GeneratorHttp",
    {
        "name": "Literal['http']",
        "url": "str",
        "authorization": "NotRequired[str]",
        "timeoutMs": "NotRequired[int]",
        "as": "NotRequired[str]",
    },
)


Generator = Union["GeneratorList_", "GeneratorCaptions", "GeneratorAnchors", "GeneratorClassNames", "GeneratorTags", "GeneratorPhrases", "GeneratorTemplate", "GeneratorMutation", "GeneratorExpansion", "GeneratorLanguageModel", "GeneratorHttp"]
"""By name, with its parameters; `GET /v1/generators` lists them."""


class GeneratorListGenerators(TypedDict):
    name: str
    description: str
    kinds: Sequence[str]
    needs: Literal['image', 'text', 'either', 'nothing']
    cost: Literal['arithmetic', 'vectors', 'retrieval', 'network', 'remote']
    parameters: Mapping[str, Any]


class GeneratorList(TypedDict):
    generators: Sequence[GeneratorListGenerators]


class GivenModel(TypedDict):
    """A model's features of each sample, `[n, d]`."""
    name: str
    features: Sequence[VectorLike]


class Health(TypedDict):
    status: Literal['ok']


class ImageKeeping(TypedDict):
    keep: Literal['original', 'thumbnail', 'none']
    longestSide: int
    format: Literal['as-sent', 'webp', 'jpeg']


class IndexStatusGraph(TypedDict):
    """The HNSW graph; null where there is none."""
    source: Literal['built', 'adopted']
    sequence: int
    state: Literal['building', 'ready']
    vectors: int


class IndexStatusPartitions(TypedDict):
    """The lists around centroids; null where there are none, as in a small collection."""
    source: Literal['built', 'saved', 'adopted']
    sequence: int
    state: Literal['building', 'ready']
    progress: float
    vectors: int
    lists: int


class IndexStatus(TypedDict):
    kind: Literal['exact', 'partitions', 'hnsw']
    dimension: int
    vectors: int
    tombstones: int
    sequence: int
    transform: FittedTransform
    transformVersion: int
    transformSequence: int
    graph: IndexStatusGraph | None
    partitions: IndexStatusPartitions | None


class InfluenceAnswerAnchorsLargest(TypedDict):
    """The largest of these changes, and the place of its image among the images."""
    image: int
    change: float


InfluenceAnswerAnchorsFlipped = TypedDict(
    "InfluenceAnswerAnchorsFlipped",
    {
        "image": "int",
        "from": "str",
        "to": "str",
    },
)


class InfluenceAnswerAnchors(TypedDict):
    anchor: str
    text: str | None
    image: str | None
    flips: int
    meanChange: float
    largest: InfluenceAnswerAnchorsLargest
    flipped: Sequence[InfluenceAnswerAnchorsFlipped]


class InfluenceAnswerImages(TypedDict):
    name: str
    score: float
    flippedBy: int


class InfluenceAnswer(TypedDict):
    """What changes when one anchor is taken away: by `asif` exactly what asking without it would say; by the local
    methods the same with the deviations that scores are divided by as they are.
    """
    anchors: Sequence[InfluenceAnswerAnchors]
    supporting: int
    flipping: int
    images: Sequence[InfluenceAnswerImages]
    transforms: CounterfactualAnswerTransforms
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class InfluenceRequest(TypedDict):
    images: Sequence[InputLike]
    classes: Sequence[ClassLike]
    templates: NotRequired[Sequence[str]]
    ensemble: NotRequired[Literal['max', 'mean']]
    filter: NotRequired[Filter]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    exact: NotRequired[Literal[True]]
    limit: NotRequired[int]


class Job(TypedDict):
    id: str
    kind: str
    subject: str
    state: Literal['running', 'done', 'failed', 'cancelled', 'interrupted']
    done: float
    total: float
    error: str | None
    detail: Mapping[str, Any] | None
    createdAt: str
    updatedAt: str


class JobList(TypedDict):
    jobs: Sequence[Job]


class KeyList(TypedDict):
    keys: Sequence[ApiKey]


class KeySpec(TypedDict):
    name: str
    scope: Literal['read', 'write', 'admin']
    collections: NotRequired[Sequence[str]]
    perMinute: NotRequired[int]
    expiresAt: NotRequired[str]


class KeywordsInput(TypedDict):
    keywords: str


class LabelCategory(TypedDict):
    category: str


class LabelCategories(TypedDict):
    categories: Sequence[str]


class LabelCaption(TypedDict):
    caption: str


class LabelAnswer(TypedDict):
    question: NotRequired[str]
    answer: str


class Label7(TypedDict):
    phrase: str
    box: Sequence[float]


Label = Union["str | float | bool | Sequence[str | float | bool] | LabelCategory | LabelCategories | LabelCaption | LabelAnswer | Label7"]
"""A category (alone, or several at once), a caption, an answer with or without its question, or a phrase with
where it is. As a text, a category goes through the templates; a question is followed by its answer; a phrase by
where its box lies, such as "a dog at the top left": by the third of the image that the centre of the box is in,
or "across the whole image" where it covers four fifths of both sides.
"""


Metadata = Mapping[str, Any]
"""Any JSON object of at most 65536 characters; filters look at its fields."""


class PlanEffort(TypedDict):
    """How far partitions were searched, where they answered."""
    lists: int | None
    reach: float | None


class Plan(TypedDict):
    """Which index answered and why."""
    index: Literal['exact', 'flat', 'partitions', 'hnsw']
    reason: str
    k: int
    ef: NotRequired[int]
    effort: NotRequired[PlanEffort]
    estimateMs: float
    otherMs: NotRequired[float]
    anchors: int
    allowed: int
    transform: FittedTransform
    transformVersion: int
    transformSequence: int
    candidates: NotRequired[int]


class ProblemErrors(TypedDict):
    path: str
    keys: Sequence[str | int]
    message: str


class Problem(TypedDict):
    """RFC 9457 problem details, sent as `application/problem+json`."""
    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[Sequence[ProblemErrors]]
    line: NotRequired[int]
    neededBytes: NotRequired[int]
    requestId: NotRequired[str]


ProjectionMethod = Union["Literal['pca', 'umap']"]


class ProjectionPlaceNeighbours(TypedDict):
    id: str
    text: str | None
    score: float
    x: float
    y: float


class ProjectionPlace(TypedDict):
    """Where a query would be: the mean of its five nearest anchors' places, the nearer the more."""
    x: float | None
    y: float | None
    neighbours: Sequence[ProjectionPlaceNeighbours]
    method: ProjectionMethod
    side: Literal['image', 'text']
    sequence: int
    tookMs: float


class ProjectionPlaceRequest(TypedDict):
    query: InputLike
    method: NotRequired[ProjectionMethod]
    side: NotRequired[Literal['image', 'text']]
    neighbours: NotRequired[int]


class ProjectionRequest(TypedDict):
    methods: NotRequired[Sequence[ProjectionMethod]]
    sides: NotRequired[Sequence[Literal['image', 'text']]]
    seed: NotRequired[int]


class ProposalText(TypedDict):
    text: str


class ProposalAnchor(TypedDict):
    anchor: str


class Proposal3(TypedDict):
    vector: VectorLike
    modality: Literal['image', 'text']


class ProposalSteps(TypedDict):
    steps: Sequence[str]
    done: NotRequired[bool]


Proposal = Union["ProposalText", "ProposalAnchor", "Proposal3", "ProposalSteps"]
"""A text, an image of the collection, a vector, or the steps of a solution."""


class ProposalMade(TypedDict):
    id: str
    kind: Literal['text', 'anchor', 'vector', 'steps', 'action']
    text: NotRequired[str]
    anchor: NotRequired[str]
    modality: NotRequired[Literal['image', 'text']]
    vector: NotRequired[Sequence[float]]
    steps: NotRequired[Sequence[str]]
    done: NotRequired[bool]
    action: NotRequired[Sequence[float]]
    generator: str
    round: int
    parents: Sequence[str]


class ProposalRanked(TypedDict):
    """Null where nothing was proposed, all was vetoed, or no scorer can judge."""
    id: str
    kind: Literal['text', 'anchor', 'vector', 'steps', 'action']
    text: NotRequired[str]
    anchor: NotRequired[str]
    modality: NotRequired[Literal['image', 'text']]
    vector: NotRequired[Sequence[float]]
    steps: NotRequired[Sequence[str]]
    done: NotRequired[bool]
    action: NotRequired[Sequence[float]]
    generator: str
    round: int
    parents: Sequence[str]
    value: float | None
    scores: Mapping[str, float | None]
    multiplicity: int
    judged: bool


class PutAnchors(TypedDict):
    anchors: Sequence[Anchor]
    minSequence: NotRequired[int]
    ifSequence: NotRequired[int]


class RankCorrelationAnswer(TypedDict):
    weightedTau: float | None
    kendallTau: float | None
    spearman: float | None
    pearson: float | None
    topOneRegret: float | None


class RankCorrelationRequest(TypedDict):
    x: Sequence[float]
    y: Sequence[float]


class Readiness(TypedDict):
    ready: bool
    loading: int


Receipt = Union["DeletionReceipt", "ErasureReceipt"]
"""A link of the chain that every deletion and erasure adds to."""


class ReceiptPage(TypedDict):
    receipts: Sequence[Receipt]
    nextCursor: str | None


class ReencodeRequest(TypedDict):
    imageEncoder: NotRequired[str]
    textEncoder: NotRequired[str]
    evaluate: NotRequired[bool]
    apply: NotRequired[Literal['always', 'if-better', 'never']]


class ReencodingFrom(TypedDict):
    imageEncoder: EncoderChoice
    textEncoder: EncoderChoice


Reencoding = TypedDict(
    "Reencoding",
    {
        "from": "ReencodingFrom",
        "to": "ReencodingFrom",
        "apply": "Literal['always', 'if-better', 'never']",
        "state": "Literal['running', 'switched', 'done', 'cancelled', 'failed']",
        "appliedAt": "int | None",
        "evaluation": "ReencodingEvaluation",
        "thumbnails": "int",
        "startedAt": "str",
        "endedAt": "str | None",
    },
)


class ReencodingEvaluationSettings(TypedDict):
    """What both answered by: the collection's settings."""
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    k: int
    p: float
    transform: Transform
    rank: int | None
    ensemble: Literal['max', 'mean']
    negatives: NotRequired[Literal['cut', 'keep']]


class ReencodingEvaluationBeforeSpread(TypedDict):
    """The standard deviation of each from fold to fold."""
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float


class ReencodingEvaluationBefore(TypedDict):
    """Under the encoders that it had."""
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float
    spread: ReencodingEvaluationBeforeSpread


class ReencodingEvaluation(TypedDict):
    """Null where it was not asked for, has not come to its end, or there are fewer than 20 captions."""
    sequence: int
    anchors: int
    folds: int
    questions: int
    classes: int
    seed: int
    settings: ReencodingEvaluationSettings
    before: ReencodingEvaluationBefore
    after: ReencodingEvaluationBefore
    better: bool
    tookMs: float


class RelativeAnswerRepresentations(TypedDict):
    anchors: Sequence[str]
    values: Sequence[float]
    support: int


class RelativeAnswer(TypedDict):
    """Values descending, of L2 norm 1 where there is support."""
    representations: Sequence[RelativeAnswerRepresentations]
    plan: Plan
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class RelativeRequest(TypedDict):
    inputs: Sequence[InputLike]
    modality: Literal['image', 'text']
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]


ScorerAsif = TypedDict(
    "ScorerAsif",
    {
        "name": "Literal['asif']",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerLocal = TypedDict(
    "ScorerLocal",
    {
        "name": "Literal['local']",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerAsifLocal = TypedDict(
    "ScorerAsifLocal",
    {
        "name": "Literal['asif+local']",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerCsa = TypedDict(
    "ScorerCsa",
    {
        "name": "Literal['csa']",
        "method": "NotRequired[Literal['csa', 'orthogonal', 'ridge', 'asif-csa']]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerTextText = TypedDict(
    "ScorerTextText",
    {
        "name": "Literal['text-text']",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerImageImage = TypedDict(
    "ScorerImageImage",
    {
        "name": "Literal['image-image']",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerNeighbourCaptions = TypedDict(
    "ScorerNeighbourCaptions",
    {
        "name": "Literal['neighbour-captions']",
        "k": "NotRequired[int]",
        "temperature": "NotRequired[float]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerReverseRetrieval = TypedDict(
    "ScorerReverseRetrieval",
    {
        "name": "Literal['reverse-retrieval']",
        "gallery": "NotRequired[int]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerKnnVote = TypedDict(
    "ScorerKnnVote",
    {
        "name": "Literal['knn-vote']",
        "field": "str",
        "k": "NotRequired[int]",
        "temperature": "NotRequired[float]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerSelfConsistency = TypedDict(
    "ScorerSelfConsistency",
    {
        "name": "Literal['self-consistency']",
        "by": "NotRequired[Literal['similarity', 'votes']]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerArithmetic = TypedDict(
    "ScorerArithmetic",
    {
        "name": "Literal['arithmetic']",
        "mode": "NotRequired[Literal['veto', 'score']]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerProbe = TypedDict(
    "ScorerProbe",
    {
        "name": "Literal['probe']",
        "field": "str",
        "ridge": "NotRequired[float]",
        "target": "NotRequired[str]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerOnnx = TypedDict(
    "ScorerOnnx",
    {
        "name": "Literal['onnx']",
        "classifier": "str",
        "target": "NotRequired[str]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


ScorerHttp = TypedDict(
    "ScorerHttp",
    {
        "name": "Literal['http']",
        "url": "str",
        "authorization": "NotRequired[str]",
        "as": "NotRequired[str]",
        "weight": "NotRequired[float]",
        "calibration": "NotRequired[ConsensusAnswerTraceCalibrationsNone | ConsensusAnswerTraceCalibrationsAffine | ConsensusAnswerTraceCalibrationsZ | ConsensusAnswerTraceCalibrationsRobustZ | ConsensusAnswerTraceCalibrationsMinMax | ConsensusAnswerTraceCalibrationsRank | ConsensusAnswerTraceCalibrationsSoftmax | ConsensusAnswerTraceCalibrationsLogSoftmax | ConsensusAnswerTraceCalibrationsEcdf | ConsensusAnswerTraceCalibrationsLogistic]",
        "onFailure": "NotRequired[Literal['fail', 'drop', 'last']]",
        "timeoutMs": "NotRequired[int]",
    },
)


Scorer = Union["ScorerAsif", "ScorerLocal", "ScorerAsifLocal", "ScorerCsa", "ScorerTextText", "ScorerImageImage", "ScorerNeighbourCaptions", "ScorerReverseRetrieval", "ScorerKnnVote", "ScorerSelfConsistency", "ScorerArithmetic", "ScorerProbe", "ScorerOnnx", "ScorerHttp"]
"""By name, with its parameters; `GET /v1/scorers` lists them."""


class ScorerListScorers(TypedDict):
    name: str
    description: str
    kinds: Sequence[str]
    needs: Literal['image', 'text', 'either', 'nothing']
    cost: Literal['arithmetic', 'vectors', 'retrieval', 'network', 'remote']
    parameters: Mapping[str, Any]
    embeds: bool
    background: bool


class ScorerList(TypedDict):
    scorers: Sequence[ScorerListScorers]
    hosts: Sequence[str]


class SearchAnswerHits(TypedDict):
    id: str
    score: float
    text: str | None
    metadata: Metadata


class SearchAnswer(TypedDict):
    hits: Sequence[SearchAnswerHits]
    plan: SearchPlan
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


SearchBodyAnswer = Union["SearchAnswer", "SearchManyAnswer"]
"""`hits` of one `query`, or `results` of several `queries`."""


class SearchManyAnswerResults(TypedDict):
    hits: Sequence[SearchAnswerHits]


class SearchManyAnswer(TypedDict):
    results: Sequence[SearchManyAnswerResults]
    plan: SearchPlan
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class SearchManyRequest(TypedDict):
    queries: Sequence[InputLike]
    modality: NotRequired[Literal['image', 'text']]
    target: Literal['image', 'text']
    limit: NotRequired[int]
    filter: NotRequired[Filter]
    mode: NotRequired[Literal['unimodal', 'asif']]
    adaptation: NotRequired[str]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]


class SearchPlan(TypedDict):
    """Which index answered and why."""
    index: Literal['exact', 'flat', 'partitions', 'hnsw', 'captions']
    reason: str
    k: int
    ef: NotRequired[int]
    effort: NotRequired[PlanEffort]
    estimateMs: float
    otherMs: NotRequired[float]
    anchors: int
    allowed: int
    transform: FittedTransform
    transformVersion: int
    transformSequence: int
    candidates: NotRequired[int]


class SearchRequest(TypedDict):
    query: InputLike | KeywordsInput
    modality: NotRequired[Literal['image', 'text']]
    target: Literal['image', 'text']
    limit: NotRequired[int]
    filter: NotRequired[Filter]
    mode: NotRequired[Literal['unimodal', 'asif']]
    adaptation: NotRequired[str]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]


class SelectionSubjectLabelsField(TypedDict):
    field: str


class SelectionSubject(TypedDict):
    collection: str
    sequence: int | None
    labels: Literal['captions', 'given'] | SelectionSubjectLabelsField


class SelectionSettings(TypedDict):
    methods: Sequence[Literal['emms', 'logme', 'logme-f', 'nleep', 'hscore', 'hscore-reg', 'transrate', 'gbc', 'parc', 'sfda', 'knn', 'local', 'asif+local', 'linear-probe']]
    transforms: Sequence[Literal['none', 'center', 'whiten', 'auto']]
    templates: Sequence[str]
    projection: Literal['random', 'pca']
    dimension: NotRequired[int]
    rounds: int | Literal['optimal']
    samples: int
    bootstrap: int
    seed: int


class SelectionFLabelsTextEncoders(TypedDict):
    id: str
    dimension: int


class SelectionFLabels(TypedDict):
    """Null where no method needs them."""
    textEncoders: Sequence[SelectionFLabelsTextEncoders]
    texts: int
    dimension: int
    projection: Literal['random', 'pca', 'none']


class SelectionTookMs(TypedDict):
    features: float
    labels: float
    scores: float


class Selection(TypedDict):
    """Numbers, and names of encoders and settings, alone: no label, no caption and no vector."""
    id: str
    state: Literal['done']
    createdAt: str
    subject: SelectionSubject
    samples: SelectionSamples
    classes: int
    settings: SelectionSettings
    fLabels: SelectionFLabels | None
    candidates: Sequence[SelectionCandidate]
    winners: Mapping[str, SelectionWinner]
    tookMs: SelectionTookMs


class SelectionCandidate(TypedDict):
    model: str
    transform: Literal['none', 'center', 'whiten', 'auto']
    dimension: int
    features: Literal['stored', 'made', 'given']
    scores: Mapping[str, SelectionScore]
    notes: Sequence[str]


class SelectionConfidence(TypedDict):
    """Null where too few halves were scored, or the features span all that a half can differ in."""
    halves: int
    first: float
    rank: Sequence[int]


class SelectionList(TypedDict):
    selections: Sequence[Selection]


class SelectionRequestDatasetImages(TypedDict):
    image: ImageLike


class SelectionRequestDataset(TypedDict):
    images: Sequence[SelectionRequestDatasetImages]


class SelectionRequestLabelsTrue(TypedDict):
    captions: Literal[True]


class SelectionRequest(TypedDict):
    collection: NotRequired[str]
    dataset: NotRequired[SelectionRequestDataset]
    models: NotRequired[Sequence[GivenModel]]
    labels: SelectionSubjectLabelsField | SelectionRequestLabelsTrue | Sequence[AnchorLabel] | Sequence[Label]
    imageEncoders: NotRequired[Sequence[str]]
    textEncoders: NotRequired[Sequence[str]]
    methods: NotRequired[Sequence[Literal['emms', 'logme', 'logme-f', 'nleep', 'hscore', 'hscore-reg', 'transrate', 'gbc', 'parc', 'sfda', 'knn', 'local', 'asif+local', 'linear-probe']]]
    transforms: NotRequired[Sequence[Literal['none', 'center', 'whiten', 'auto']]]
    templates: NotRequired[Sequence[str]]
    projection: NotRequired[Literal['random', 'pca']]
    dimension: NotRequired[int]
    rounds: NotRequired[int | Literal['optimal']]
    samples: NotRequired[int]
    bootstrap: NotRequired[int]
    seed: NotRequired[int]


class SelectionSamples(TypedDict):
    used: int
    of: int
    withoutLabel: int
    withoutImage: int
    gone: int


class SelectionScore(TypedDict):
    score: float | None
    rank: int | None
    tookMs: float
    weights: NotRequired[Sequence[float]]
    diagnostics: Mapping[str, Any]
    reason: NotRequired[str]
    confidence: SelectionConfidence


SelectionState = Union["Selection", "UnfinishedSelection"]


class SelectionWinnerRunnerUp(TypedDict):
    model: str
    transform: Literal['none', 'center', 'whiten', 'auto']


class SelectionWinner(TypedDict):
    model: str
    transform: Literal['none', 'center', 'whiten', 'auto']
    runnerUp: SelectionWinnerRunnerUp | None
    margin: float | None
    ahead: float | None


class ServiceReceipt(TypedDict):
    id: str
    position: int
    deletedAt: str
    collection: str
    sequence: int
    count: int
    lastHash: str | None
    key: str | None
    user: str | None
    previousHash: str
    hash: str


class ServiceReceiptPage(TypedDict):
    receipts: Sequence[ServiceReceipt]
    nextCursor: str | None


class Session(TypedDict):
    key: str | None
    user: str | None
    scope: Literal['read', 'write', 'admin']
    collections: Sequence[str] | None
    expiresAt: str | None


class SessionRequest(TypedDict):
    """An API key that becomes a session."""
    key: str


class SideTransformKind(TypedDict):
    kind: Literal['none', 'center']


class SideTransformWhiten(TypedDict):
    kind: Literal['whiten']
    power: float
    rank: NotRequired[Literal['auto'] | int]


SideTransform = Union["SideTransformKind", "SideTransformWhiten"]
"""What is done to the vectors of one side: nothing; their mean is subtracted; or each principal direction is also
divided by its deviation to a power. A `rank` here takes the place of the common one.
"""


class SignedErasureReportSignature(TypedDict):
    algorithm: Literal['Ed25519']
    value: str
    publicKey: str


class SignedErasureReport(TypedDict):
    report: ErasureReport
    signature: SignedErasureReportSignature


class SigningKey(TypedDict):
    algorithm: Literal['Ed25519']
    publicKey: str
    fingerprint: str


class SimilarityAnswer(TypedDict):
    scores: Sequence[Sequence[float]]
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    fits: Sequence[ClassifyAnswerFits]
    asif: NotRequired[CalibrationUsed_]
    warnings: NotRequired[Sequence[str]]
    sequence: int
    tookMs: float


class SimilarityRequest(TypedDict):
    images: Sequence[InputLike]
    texts: Sequence[InputLike]
    adaptation: NotRequired[str]
    method: NotRequired[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]
    rank: NotRequired[int]
    members: NotRequired[Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa']]]
    minSequence: NotRequired[int]
    k: NotRequired[int]
    p: NotRequired[float]
    negatives: NotRequired[Literal['cut', 'keep']]
    transform: NotRequired[Literal['none', 'center', 'whiten', 'auto']]
    exact: NotRequired[bool]
    ef: NotRequired[int]


class SourceIds(TypedDict):
    ids: Sequence[str]


class StoredAnchor(TypedDict):
    id: str
    text: str | None
    metadata: Metadata
    hasImage: bool
    sequence: int
    imageVector: NotRequired[Vector]
    textVector: NotRequired[Vector]


class TrainAdapterRequestRows(TypedDict):
    anchor: str
    question: NotRequired[str]
    answer: str


class TrainAdapterRequest(TypedDict):
    collection: str
    rows: Literal['captions'] | Sequence[TrainAdapterRequestRows]
    decoder: str
    id: str
    layers: NotRequired[Sequence[str]]
    method: NotRequired[Literal['epalm', 'limber']]
    mode: NotRequired[Literal['legacy', 'causal-keep', 'causal-drop']]
    prompt: NotRequired[int]
    shared: NotRequired[bool]
    loss: NotRequired[Literal['answer', 'all']]
    batch: NotRequired[int]
    epochs: NotRequired[int]
    rates: NotRequired[AdapterTrainingRates]
    schedule: NotRequired[Literal['cosine', 'authors']]
    validation: NotRequired[float]
    seed: NotRequired[int]


class TransferOptionsTransrate(TypedDict):
    classes: NotRequired[Literal['by-rows', 'equal']]


class TransferOptionsNleep(TypedDict):
    componentsPerClass: NotRequired[int]
    variance: NotRequired[float]
    seed: NotRequired[int]


class TransferOptionsGbc(TypedDict):
    covariance: NotRequired[Literal['diagonal', 'spherical']]
    dimensions: NotRequired[int]


class TransferOptionsParc(TypedDict):
    labels: NotRequired[Literal['classes', 'f-labels']]
    samples: NotRequired[int]
    standardize: NotRequired[bool]
    seed: NotRequired[int]


class TransferOptionsKnn(TypedDict):
    k: NotRequired[int]


class TransferOptionsLinearProbe(TypedDict):
    folds: NotRequired[int]
    ridge: NotRequired[float]
    seed: NotRequired[int]


TransferOptions = TypedDict(
    "TransferOptions",
    {
        "transrate": "NotRequired[TransferOptionsTransrate]",
        "nleep": "NotRequired[TransferOptionsNleep]",
        "gbc": "NotRequired[TransferOptionsGbc]",
        "parc": "NotRequired[TransferOptionsParc]",
        "knn": "NotRequired[TransferOptionsKnn]",
        "linear-probe": "NotRequired[TransferOptionsLinearProbe]",
    },
)


class TransferScore(TypedDict):
    score: float
    weights: NotRequired[Sequence[float]]
    tookMs: float
    diagnostics: Mapping[str, Any]


class TransferabilityAnswer(TypedDict):
    scores: Mapping[str, TransferScore]


class TransferabilityRequest(TypedDict):
    features: Sequence[VectorLike]
    labels: NotRequired[Sequence[int]]
    fLabels: NotRequired[Sequence[Sequence[VectorLike]]]
    sourceProbabilities: NotRequired[Sequence[VectorLike]]
    methods: Sequence[Literal['emms', 'logme', 'logme-f', 'leep', 'nleep', 'nce', 'hscore', 'hscore-reg', 'transrate', 'gbc', 'parc', 'sfda', 'knn', 'local', 'asif+local', 'linear-probe']]
    rounds: NotRequired[int | Literal['optimal']]
    options: NotRequired[TransferOptions]


class Transform2(TypedDict):
    """What is done to each side. `rank` is for those that are whitened, `auto` where absent."""
    image: SideTransform
    text: SideTransform
    rank: NotRequired[Literal['auto'] | int]


Transform = Union["Literal['none', 'center', 'whiten', 'auto'] | Transform2"]


class TransformMove(TypedDict):
    """While another transform is being fitted; until it is, the present one serves."""
    transform: Transform
    job: str


class TuneRequest(TypedDict):
    minSequence: NotRequired[int]
    by: NotRequired[str]
    folds: NotRequired[int]
    repeats: NotRequired[int]
    seed: NotRequired[int]
    classes: NotRequired[int]
    questions: NotRequired[int]
    objective: NotRequired[Literal['top1', 'top5', 'top10', 'meanReciprocalRank']]
    methods: NotRequired[Sequence[Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str]]
    transforms: NotRequired[Sequence[Transform]]
    budgetSeconds: NotRequired[int]
    apply: NotRequired[bool]


class TunedChoice(TypedDict):
    """What was best; what `auto` answers by where the best is not surely better."""
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    k: int
    p: float
    transform: Transform
    rank: int | None
    ensemble: Literal['max', 'mean']
    negatives: NotRequired[Literal['cut', 'keep']]
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float
    spread: ReencodingEvaluationBeforeSpread


class TuningAuto(TypedDict):
    """What the settings of a new collection come to; null where they were not among what was tried."""
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float
    spread: ReencodingEvaluationBeforeSpread
    difference: AutoOfferMeasuredTop1Difference
    kept: bool


class TuningMethods(TypedDict):
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float
    spread: ReencodingEvaluationBeforeSpread
    difference: AutoOfferMeasuredTop1Difference


class TuningTrials(TypedDict):
    method: Literal['asif', 'csa', 'orthogonal', 'ridge', 'asif-csa', 'local', 'asif+local', 'consensus'] | str
    transform: NotRequired[Transform]
    k: NotRequired[int]
    p: NotRequired[float]
    rank: NotRequired[int]
    ensemble: NotRequired[Literal['max', 'mean']]
    top1: float
    top5: float
    top10: float
    meanReciprocalRank: float
    spread: ReencodingEvaluationBeforeSpread


class Tuning(TypedDict):
    """What was chosen and what it was chosen by: numbers alone, no caption and no vector."""
    sequence: int
    anchors: int
    folds: int
    questions: int
    classes: int
    seed: int
    by: str | None
    objective: Literal['top1', 'top5', 'top10', 'meanReciprocalRank']
    complete: bool
    tookMs: float
    chosen: TunedChoice
    best: NotRequired[TunedChoice]
    auto: NotRequired[TuningAuto | None]
    before: TunedChoice | None
    methods: NotRequired[Sequence[TuningMethods]]
    trials: Sequence[TuningTrials]
    tunedAt: str
    appliedAt: int | None


class UnfinishedSelection(TypedDict):
    id: str
    subject: str
    state: Literal['running', 'done', 'failed', 'cancelled', 'interrupted']
    done: float
    total: float
    error: str | None
    detail: Mapping[str, Any] | None
    createdAt: str
    updatedAt: str


class Written(TypedDict):
    sequence: int
    upserted: int
    unknownCaptions: NotRequired[int]


class WrittenLines(TypedDict):
    sequence: int
    upserted: int
    unknownCaptions: NotRequired[int]
    lines: Sequence[int]
