# The workflow is in workflow/Snakefile; this file lets `snakemake` find it from the root of a clone.


include: "workflow/Snakefile"


# An include leaves the default target to the file that includes.
workflow.default_target = "all"
