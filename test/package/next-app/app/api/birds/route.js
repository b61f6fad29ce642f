import { openAnchorage } from "anchorage";

export const dynamic = "force-dynamic";

export const GET = async () => {
  const anchorage = await openAnchorage({ dataDir: process.env.DATA_DIR });
  const again = await openAnchorage({ dataDir: process.env.DATA_DIR });
  const encoder = { external: { dimension: 2 } };
  const names = (await anchorage.listCollections()).map(({ name }) => name);
  if (!names.includes("birds"))
    await anchorage.createCollection({ name: "birds", imageEncoder: encoder, textEncoder: encoder });
  const birds = anchorage.collection("birds");
  await birds.putAnchors([
    {
      id: "owl",
      text: "an owl",
      image: {
        base64: Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="5"/></svg>`,
        ).toString("base64"),
      },
      imageVector: [1, 0],
      textVector: [1, 0],
    },
  ]);
  const { hits } = await birds.search({ query: { vector: [1, 0.1], modality: "text" }, target: "image" });
  const { hasImage } = await birds.getAnchor("owl");
  return Response.json({ id: hits[0].id, hasImage, same: again === anchorage });
};
