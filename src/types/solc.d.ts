declare module "solc" {
  const solc: {
    /** Compiles standard JSON to standard JSON. */
    compile(input: string): string;
  };
  export default solc;
}
