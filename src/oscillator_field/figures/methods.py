"""The methods of embedding by name, as people call them."""

METHOD_WORDS = {"pca": "PCA", "tsne": "t-SNE"}
