declare module "virtual:texts/*" {
  const catalogue: Readonly<Record<string, string>>;
  export default catalogue;
}
