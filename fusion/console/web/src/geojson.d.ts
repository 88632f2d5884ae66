declare module "*.geojson" {
  const file: { type: "FeatureCollection"; features: object[] };
  export default file;
}
