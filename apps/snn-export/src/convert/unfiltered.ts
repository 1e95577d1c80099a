/** How SONATA's datasets are stored: libsonata comes with an HDF5 library that knows no filters, deflate included. */
export const UNFILTERED = { compression: "none", shuffle: false } as const;
