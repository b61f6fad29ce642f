import type { AnchorageClient, CollectionClient } from "../../src/features/client.ts";

type Call = (client: AnchorageClient, request: never) => unknown;
type CollectionCall = (collection: CollectionClient, request: never) => unknown;

/** The id of whatever a call names, and the collection that it is to. */
export const ID = "a/1";
export const COLLECTION = "c";
export const FILE = "bytes of a file";

const ofService: Readonly<Record<string, Call>> = {
  about: (client) => client.about(),
  cancelJob: (client) => client.cancelJob(ID),
  consensus: (client, request) => client.consensus(request),
  consensusScore: (client, request) => client.consensusScore(request),
  createCollection: (client, request) => client.createCollection(request),
  createKey: (client, request) => client.createKey(request),
  generate: (client, request) => client.generate(request),
  getAdapter: (client) => client.getAdapter(ID),
  getJob: (client) => client.getJob(ID),
  getSelection: (client) => client.getSelection(ID),
  getSession: (client) => client.getSession(),
  getSigningKey: (client) => client.getSigningKey(),
  listAdapters: (client) => client.listAdapters(),
  listCollections: (client) => client.listCollections(),
  listDecoders: (client) => client.listDecoders(),
  listEncoders: (client) => client.listEncoders(),
  listGenerators: (client) => client.listGenerators(),
  listJobs: (client) => client.listJobs(),
  listKeys: (client) => client.listKeys(),
  listScorers: (client) => client.listScorers(),
  listSelections: (client) => client.listSelections(),
  listServiceReceipts: (client) => client.listServiceReceipts(),
  rankCorrelation: (client, request) => client.rankCorrelation(request),
  readiness: (client) => client.ready(),
  registerAdapter: (client) => client.registerAdapter(new TextEncoder().encode(FILE), { id: "again" }),
  revokeKey: (client) => client.revokeKey(ID),
  select: (client, request) => client.select(request),
  signIn: (client, { key }: { readonly key: string }) => client.signIn(key),
  trainAdapter: (client, request) => client.trainAdapter(request),
  transferability: (client, request) => client.transferability(request),
};

const ofCollection: Readonly<Record<string, CollectionCall>> = {
  adapterInputs: (collection, request) => collection.adapterInputs(request),
  adoptIndexes: (collection) => collection.adoptIndexes(),
  anchorsOfSource: (collection, { container }: { readonly container: string }) =>
    collection.idsOfSource(container),
  calibrate: (collection, request) => collection.calibrate(request),
  changeAnchor: (collection, request) => collection.changeAnchor(ID, request),
  check: (collection, request) => collection.check(request),
  classify: (collection, request) => collection.classify(request),
  compact: (collection) => collection.compact({ tables: "vacuum" }),
  computeProjection: (collection, request) => collection.computeProjection(request),
  counterfactual: (collection, request) => collection.counterfactual(request),
  coverage: (collection, request) => collection.coverage(request),
  deleteAnchor: (collection) => collection.deleteAnchor(ID, { neverAgain: true }),
  deleteAnchors: (collection, request) => collection.deleteAnchors(request),
  erase: (collection, request) => collection.erase(request),
  createAdaptation: (collection, request) => collection.createAdaptation(request),
  evaluate: (collection, request) => collection.evaluate(request),
  existingAnchors: (collection, { ids }: { readonly ids: readonly string[] }) =>
    collection.existingAnchors(ids),
  facets: (collection, request) => collection.facets(request),
  forecast: (collection, request) => collection.forecast(request),
  getAnchor: (collection) => collection.getAnchor(ID, { minSequence: 3 }),
  getCheck: (collection) => collection.getCheck(),
  getCollection: (collection) => collection.get({ minSequence: 3 }),
  getCollectionSize: (collection) => collection.size(),
  getErasureReport: (collection) => collection.getErasureReport(ID),
  getEvaluation: (collection) => collection.getEvaluation(),
  getForecast: (collection) => collection.getForecast(),
  getReceipt: (collection) => collection.getReceipt(ID),
  getReencoding: (collection) => collection.getReencoding(),
  getTuning: (collection) => collection.getTuning(),
  influence: (collection, request) => collection.influence(request),
  listAnchors: (collection) => collection.listAnchors({ filter: { owner: "ann" }, pageSize: 7 }),
  getAdaptation: (collection) => collection.getAdaptation(ID),
  listAdaptations: (collection) => collection.listAdaptations(),
  listCalibrations: (collection) => collection.listCalibrations(),
  listErasureReports: (collection) => collection.listErasureReports(),
  listReceipts: (collection) => collection.listReceipts({ pageSize: 7 }),
  makeFeatures: (collection, request) => collection.makeFeatures(request),
  placeOnProjection: (collection, request) => collection.placeOnProjection(request),
  putAnchors: (collection, { anchors }: { readonly anchors: never }) => collection.putAnchors(anchors),
  reencode: (collection, request) => collection.reencode(request),
  relative: (collection, request) => collection.relative(request),
  search: (collection, request) => collection.search(request),
  similarity: (collection, request) => collection.similarity(request),
  tune: (collection, request) => collection.tune(request),
  updateCollection: (collection, request) => collection.update(request),
};

/** How the client is asked for each operation that answers with JSON, with the request of its kept exchange. */
export const CORPUS_CALLS: Readonly<Record<string, Call>> = {
  ...ofService,
  ...Object.fromEntries(
    Object.entries(ofCollection).map(([operation, call]): [string, Call] => [
      operation,
      (client, request) => call(client.collection(COLLECTION), request),
    ]),
  ),
};
