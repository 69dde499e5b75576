"""prune: list results that are no longer in the grid, or remove what the workflow made of them."""

from pathlib import Path

from oscillator_field.planning import remove_orphans

orphans = [Path(place) for place in snakemake.params.orphans]
told = [str(place) for place in orphans]
if not orphans:
    told.append("No result is out of the grid.")
elif snakemake.params.prune == "remove":
    told += [f"kept, not made by this workflow: {kept}" for kept in remove_orphans(orphans)]
    told.append(f"{len(orphans)} results removed.")
else:
    told.append(
        f"{len(orphans)} results are no longer in the grid. To remove them: snakemake prune --config prune=remove"
    )
print("\n".join(told))
Path(snakemake.log[0]).write_text("\n".join(told) + "\n")
