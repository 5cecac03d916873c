import { type ProfileName } from "../src/setup/circuits.ts";
import { prepareAll } from "../src/setup/index.ts";

/** `npm run setup [-- production]`: compiles the circuits and makes their development keys. */
const profile: ProfileName = process.argv[2] === "production" ? "production" : "development";
for (const { name, constraints, zkey, manifest } of await prepareAll(profile, console.log)) {
  const origin = manifest.isDevelopment ? `development key from seed "${manifest.seed}"` : "ceremony key";
  console.log(`${name}: ${constraints} constraints, ${origin}, ${zkey}`);
}
