"""The notebooks as a reader meets them: JupyterLab in Chromium."""
