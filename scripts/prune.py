"""prune: list results that are no longer in the grid, or remove what the workflow made of them."""

from pathlib import Path

from oscillator_field.planning import remove_orphans

orphans = [Path(place) for place in snakemake.params.orphans]
for place in orphans:
    print(place)
if not orphans:
    print("No result is out of the grid.")
elif snakemake.params.prune == "remove":
    for kept in remove_orphans(orphans):
        print(f"kept, not made by this workflow: {kept}")
    print(f"{len(orphans)} results removed.")
else:
    print(f"{len(orphans)} results are no longer in the grid. To remove them: snakemake prune --config prune=remove")
