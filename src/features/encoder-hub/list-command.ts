import type { z } from "zod";
import type { CoreClient } from "../../client/index.ts";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

const schema = ({ z, noArguments }: OptionSchemas) => z.object({ arguments: noArguments }).strict();

/** `anchorage encoders list`. */
export const listEncodersCommand: Command<z.output<ReturnType<typeof schema>>, CommandContext<CoreClient>> = {
  name: "encoders list",
  on: "anchorage",
  synopsis: "[options]",
  about:
    "Lists the encoders of images and texts that collections may use. The default ones serve collections that name none.",
  options: {},
  examples: ["", "--json"],
  schema,
  run: async (_, { connect, show, note }) => {
    const client = await connect();
    try {
      const encoders = await client.listEncoders();
      show(encoders, () => [
        ...columns([
          ["id", "modality", "dimension", "default", "licence"],
          ...encoders.map(({ id, modality, dimension, default: isDefault, licence }) => [
            id,
            modality,
            String(dimension),
            isDefault ? "yes" : "",
            licence,
          ]),
        ]),
      ]);
      if (encoders.length === 0) note("there are none; anchorage encoders add default brings some");
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};
