"""Image files of every kind as grey levels, folders of them, pictures brought to a size: all by hand too."""

import io
import shutil
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from oscillator_field.inputs.encoding import as_pixels, encode
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.fitting import fitted
from oscillator_field.inputs.folder_source import FolderSource
from oscillator_field.inputs.images import read_image, shape_of
from oscillator_field.inputs.pictures import read_picture
from oscillator_field.parameters import EncodingParameters
from oscillator_field.study.configuration import ConfigError
from oscillator_field.study.pictures import check_pictures
from tests.support.processes import folder_for_all, told_to_nobody
from tests.support.projects import study_of

GREYS = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)
COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[10, 20, 30], [255, 255, 255], [0, 0, 0]]], np.uint8)
# Levels that eight bits cannot hold.
SIXTEEN = (GREYS.astype(int) * 257 + 3 * (GREYS == 51)).astype(np.uint16)
ALPHA = np.array([[255, 255, 0], [128, 0, 255]], np.uint8)


def luma(colours):
    """ITU-R 601-2, in the whole numbers of Pillow."""
    red, green, blue = (colours[..., part].astype(np.int64) for part in range(3))
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16


def over(values, alpha, ground):
    """Values over a ground, as shares of white."""
    share = alpha / 255
    return (values * share + ground * (1 - share)) / 255


def ones_and_zeros():
    return Image.fromarray(GREYS > 100)


def palette():
    picture = Image.fromarray(GREYS // 51, mode="P")
    picture.putpalette([value for grey in range(6) for value in (grey * 40, grey * 20, 0)])
    return picture


PALETTE = luma(np.stack([GREYS // 51 * 40, GREYS // 51 * 20, np.zeros_like(GREYS)], axis=-1)) / 255
CMYK = Image.fromarray(COLOURS).convert("CMYK")
ONE = Image.fromarray(GREYS)
TWO = Image.fromarray(255 - GREYS)
WITH_ALPHA = np.dstack([GREYS, ALPHA])

# Of each kind: the name of its file, what is saved, how, and the levels over black; None for those of GREYS.
KINDS = {
    "grey PNG": ("a.png", ONE, {}, None),
    "grey TIFF": ("a.tif", ONE, {}, None),
    "packed TIFF": ("a.tiff", ONE, {"compression": "tiff_lzw"}, None),
    "grey BMP": ("a.bmp", ONE, {}, None),
    "lossless WebP": ("a.webp", ONE, {"lossless": True}, None),
    "GIF": ("a.gif", ONE, {}, None),
    "the first frame of a GIF": ("a.gif", ONE, {"save_all": True, "append_images": [TWO]}, None),
    "the first page of a TIFF": ("a.tif", ONE, {"save_all": True, "append_images": [TWO]}, None),
    "capital letters": ("A.PNG", ONE, {}, None),
    "black and white": ("a.png", ones_and_zeros(), {}, (GREYS > 100).astype(float)),
    "palette": ("a.png", palette(), {}, PALETTE),
    "RGB": ("a.png", Image.fromarray(COLOURS), {}, luma(COLOURS) / 255),
    "RGB TIFF": ("a.tif", Image.fromarray(COLOURS), {}, luma(COLOURS) / 255),
    "CMYK": ("a.tif", CMYK, {}, luma(np.asarray(CMYK.convert("RGB"))) / 255),
    "16 bits PNG": ("a.png", Image.fromarray(SIXTEEN), {}, "16"),
    "16 bits TIFF": ("a.tif", Image.fromarray(SIXTEEN), {}, "16"),
    "floats": ("a.tif", Image.fromarray((GREYS / 255).astype(np.float32)), {}, None),
}


def saved(folder, kind):
    name, picture, options, expected = KINDS[kind]
    picture.save(folder / name, **options)
    if isinstance(expected, str):
        expected = SIXTEEN / 65535
    return folder / name, GREYS / 255 if expected is None else expected


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_becomes_the_phases_that_one_computes_by_hand(tmp_path, kind):
    path, expected = saved(tmp_path, kind)
    assert shape_of(path) == (2, 3)
    one = read_picture(
        fetched=None, directory=str(tmp_path), shape=None, fit="pad", background="black", label=path.stem, instance=0
    )
    np.testing.assert_allclose(one.level, expected, atol=1e-7)
    phase = encode(one.level, EncodingParameters(scale="unit", arc=3.0), one.statistics)
    np.testing.assert_allclose(phase, 3.0 * expected, atol=1e-6)
    # Each picture of a folder is standardised by itself.
    phase = encode(one.level, EncodingParameters(), one.statistics)
    np.testing.assert_allclose(phase, (expected - expected.mean()) / expected.std() * 2 * np.pi, atol=1e-5)
    assert one.source["file"] == path.name


def test_a_jpeg_is_read_as_closely_as_it_is_packed(tmp_path):
    smooth = np.add.outer(np.arange(32) * 3, np.arange(48) * 2).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpeg", quality=95)
    level = read_image(tmp_path / "a.jpeg", background="black")
    assert level.shape == (32, 48)
    assert abs(level - smooth / 255).max() < 0.02


@pytest.mark.parametrize(("background", "ground"), [("black", 0), ("white", 255)])
@pytest.mark.parametrize("kind", ["grey with alpha", "RGBA", "a transparent colour", "a transparent palette"])
def test_what_is_transparent_lies_over_the_background(tmp_path, background, ground, kind):
    path = tmp_path / "a.png"
    if kind == "grey with alpha":
        Image.fromarray(WITH_ALPHA, mode="LA").save(path)
        expected = over(GREYS, ALPHA, ground)
    elif kind == "RGBA":
        Image.fromarray(np.dstack([COLOURS, ALPHA]), mode="RGBA").save(path)
        expected = over(luma(COLOURS), ALPHA, ground)
    elif kind == "a transparent colour":
        ONE.save(path, transparency=51)
        expected = over(GREYS, np.where(GREYS == 51, 0, 255), ground)
    else:
        palette().save(path, transparency=2)
        expected = over(PALETTE * 255, np.where(GREYS == 102, 0, 255), ground)
    # Pillow mixes in steps of a grey level.
    np.testing.assert_allclose(read_image(path, background=background), expected, atol=1.1 / 255)


def test_a_rotation_that_a_camera_noted_is_obeyed(tmp_path):
    seen = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    for orientation, stored in [(6, np.rot90(seen)), (8, np.rot90(seen, -1)), (3, np.rot90(seen, 2)), (1, seen)]:
        for name in ("a.png", "a.tif"):
            exif = Image.Exif()
            exif[274] = orientation
            Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / name, exif=exif)
            assert shape_of(tmp_path / name) == (2, 3), (orientation, name)
            assert np.array_equal(as_pixels(read_image(tmp_path / name, background="black")), seen), orientation


def test_floats_are_scaled_by_the_range_that_their_file_states_or_the_config(tmp_path):
    values = np.array([[-2.0, 0.0], [2.0, 6.0]], np.float32)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[340], tags[341] = -2.0, 6.0
    tags.tagtype[340] = tags.tagtype[341] = 12
    Image.fromarray(values).save(tmp_path / "stated.tif", tiffinfo=tags)
    Image.fromarray(values).save(tmp_path / "plain.tif")
    expected = (values + 2) / 8
    np.testing.assert_allclose(read_image(tmp_path / "stated.tif", background="black"), expected)
    np.testing.assert_allclose(read_image(tmp_path / "plain.tif", background="black", range=[-2, 6]), expected)
    with pytest.raises(PicturesError, match=r"plain.tif: holds values from -2 to 6 \(allowed: 0 to 1, or say in pict"):
        read_image(tmp_path / "plain.tif", background="black")
    with pytest.raises(PicturesError, match=r"allowed: 0 to 5"):
        read_image(tmp_path / "plain.tif", background="black", range=[0, 5])
    values[0, 0] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tif")
    with pytest.raises(PicturesError, match=r"nan.tif: holds values that are not finite"):
        read_image(tmp_path / "nan.tif", background="black")


def test_twelve_bits_in_sixteen_take_a_range(tmp_path):
    Image.fromarray(np.array([[0, 4095]], np.uint16)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", background="black", range=[0, 4095]).tolist() == [[0, 1]]


def test_twelve_bits_that_a_file_states_are_its_range(tmp_path):
    # Two pixels of 12 bits, packed: white, and a grey of a sixteenth.
    data = bytes([0xFF, 0xF0, 0xFF])
    tags = [(256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (273, 0), (277, 1), (278, 1), (279, len(data))]
    start = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, start if tag == 273 else value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    (tmp_path / "a.tif").write_bytes(head + entries + struct.pack("<I", 0) + data)
    assert read_image(tmp_path / "a.tif", background="black").tolist() == [[1, 255 / 4095]]


def bomb(path):
    """A PNG of a few bytes that says that it has 40,000 x 40,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))))


def truncated(path):
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(whole, format="PNG")
    path.write_bytes(whole.getvalue()[:1500])


BROKEN = {
    "truncated": (truncated, "a.png: not a whole image"),
    "zero bytes": (lambda path: path.touch(), r"a.png: not an image that Pillow knows \(0 bytes"),
    "a text": (lambda path: path.write_text("hello"), r"a.png: not an image that Pillow knows \(5 bytes"),
    "an image bomb": (bomb, r"a.png: Image size \(1600000000 pixels\) exceeds limit.*allowed: at most 89,478,485"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_in_one_line(tmp_path, kind):
    write, message = BROKEN[kind]
    write(tmp_path / "a.png")
    with pytest.raises(PicturesError, match=message) as refused:
        read_image(tmp_path / "a.png", background="black")
    assert "\n" not in str(refused.value)
    if kind != "truncated":
        # Before any job; what is cut off in its middle is seen when it is read.
        with pytest.raises(ConfigError, match=message):
            check_pictures(FolderSource(tmp_path), [("a", 0)], alike=True)


def test_a_file_that_may_not_be_read_is_named():
    with folder_for_all() as folder:
        ONE.save(folder / "a.png")
        (folder / "a.png").chmod(0)
        told = told_to_nobody(lambda: check_pictures(FolderSource(folder), [("a", 0)], alike=True))
        assert told == f"ConfigError: {folder / 'a.png'}: cannot be read (Permission denied)"
        folder.chmod(0)
        told = told_to_nobody(lambda: FolderSource(folder).labels())
        folder.chmod(0o755)
        assert told.startswith("PermissionError")


def test_folders_are_classes_and_files_alone_are_pictures(tmp_path, capsys):
    for name in ("cat/b.png", "cat/a.png", "dog/x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        ONE.save(tmp_path / name)
    for name in ("notes.txt", ".hidden.png", "cat/.DS_Store", "cat/list.csv"):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / ".git").mkdir()
    source = FolderSource(tmp_path)
    assert source.noun == "label"
    assert source.labels() == ["cat", "dog"]
    assert source.path("cat", 0).name == "a.png"
    assert source.path("cat", 1).name == "b.png"
    check_pictures(source, [("cat", 1), ("dog", 0)], alike=True)
    assert "6 entries are skipped, which are hidden or no images" in capsys.readouterr().err
    with pytest.raises(PicturesError, match=r"instances: 2 of label cat .* holds 2 \(allowed: 0 to 1\)"):
        source.check("cat", 2)
    flat = FolderSource(tmp_path / "cat")
    assert flat.noun == "picture"
    assert [flat.label(given) for given in ("a", "a.png")] == ["a", "a"]


def test_names_that_no_run_can_have_are_made_safe_and_stay_apart(tmp_path):
    ONE.save(tmp_path / "my cat, no. 2 (été)=+.png")
    source = FolderSource(tmp_path)
    [label] = source.labels()
    assert label == "my_cat__no._2__été___"
    assert source.label("my cat, no. 2 (été)=+") == label
    ONE.save(tmp_path / "my_cat__no._2__été___.tif")
    with pytest.raises(PicturesError, match=r"would be called my_cat.*, as my.* is \(rename one\)"):
        FolderSource(tmp_path).labels()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.png", "b/c.png"], r"holds pictures \(a.png\) and folders of pictures \(b\)"),
        (["a.txt"], r"holds no image file, and no folder of them.*; 1 other files are there"),
        (["all.png"], "cannot be called all, which stands for all of them in names"),
    ],
)
def test_folders_that_mean_nothing_are_refused(tmp_path, names, message):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        ONE.save(tmp_path / name, format="PNG")
    with pytest.raises(PicturesError, match=message):
        FolderSource(tmp_path).labels()


def test_pictures_of_different_sizes_need_a_size(tmp_path):
    ONE.save(tmp_path / "a.png")
    ONE.resize((5, 4)).save(tmp_path / "b.png")
    config = "pictures: {{dataset: folder, directory: '{}', {}}}\nembed: {{methods: []}}"
    study = study_of(config.format(tmp_path, ""))
    with pytest.raises(ConfigError, match=r"pictures.size: null is not allowed.*a.png has 2 x 3 pixels, b.png 4 x 5"):
        study.check_machine([tmp_path])
    study_of(config.format(tmp_path, "") + "\nencoding: {size: 8}").check_machine([tmp_path])
    assert study_of(config.format(tmp_path, "size: 8")).shape == (8, 8)
    assert study_of(config.format(tmp_path, "size: [6, 9]")).shape == (6, 9)
    # What is not run is not looked at.
    assert study_of(config.format(tmp_path, "") + "\nlabels: [b]").shape == (4, 5)


def test_a_photograph_that_would_fill_the_disk_is_refused(tmp_path):
    Image.new("L", (4000, 3000)).save(tmp_path / "a.png")
    with pytest.raises(ConfigError, match=r"pictures.size: null keeps the 3000 x 4000 pixels.*at most 1,048,576"):
        study_of(f"pictures: {{dataset: folder, directory: '{tmp_path}'}}")


LEVEL = np.linspace(0, 1, 12).reshape(3, 4)


def test_pictures_are_padded_cropped_and_stretched():
    assert fitted(LEVEL, (3, 4), fit="pad", background="black") is LEVEL
    assert fitted(LEVEL, None, fit="pad", background="black") is LEVEL
    padded = fitted(LEVEL, (7, 4), fit="pad", background="white")
    assert np.array_equal(padded[2:5], LEVEL)
    assert (padded[[0, 1, 5, 6]] == 1).all()
    assert np.array_equal(fitted(LEVEL, (3, 2), fit="crop", background="black"), LEVEL[:, 1:3])
    # A plane stays a plane: between the middles of its pixels nothing but straight lines is drawn.
    stretched = fitted(LEVEL, (3, 8), fit="stretch", background="black")
    np.testing.assert_allclose(np.diff(stretched[:, 1:-1], axis=1), 1 / 22, atol=1e-6)
    smaller = fitted(np.tile([0.0, 1.0], (8, 8)), (4, 4), fit="stretch", background="black")
    np.testing.assert_allclose(smaller[:, 1:-1], 0.5, atol=1e-6)


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(2, 40), st.integers(2, 40)),
    st.sampled_from(["pad", "crop", "stretch"]),
    st.sampled_from(["black", "white"]),
)
# Rounding made the part that is kept larger than the picture.
@example((1, 7), (2, 17), "crop", "black")
def test_every_picture_comes_to_every_size_within_its_range(shape, wanted, fit, background):
    level = np.random.default_rng(0).random(shape)
    result = fitted(level, wanted, fit=fit, background=background)
    assert result.shape == wanted
    ground = [{"black": 0, "white": 1}[background]] if fit == "pad" else []
    assert result.min() >= min([level.min(), *ground]) - 1e-6
    assert result.max() <= max([level.max(), *ground]) + 1e-6


@pytest.mark.parametrize("grey", [0, 77, 100])
def test_a_uniform_picture_has_a_phase_of_zero(tmp_path, grey):
    # Of 4,096 equal numbers NumPy's deviation is not zero, but 1e-16.
    Image.new("L", (64, 64), grey).save(tmp_path / "a.png")
    one = read_picture(
        fetched=None, directory=str(tmp_path), shape=None, fit="pad", background="black", label="a", instance=0
    )
    assert not encode(one.level, EncodingParameters(), one.statistics).any()


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.uint8])
def test_where_white_is_zero_it_is_white(tmp_path, kind):
    values = (np.array([[0, 1], [2, 4]]) / 4 * (1 if kind is np.float32 else np.iinfo(kind).max)).astype(kind)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[262] = 0
    Image.fromarray(values).save(tmp_path / "a.tif", tiffinfo=tags)
    with Image.open(tmp_path / "a.tif") as image:
        assert image.tag_v2[262] == 0
    stored = values.astype(float) / (1 if kind is np.float32 else np.iinfo(kind).max)
    # Pillow turns bytes when it writes them, and again when it reads them.
    expected = stored if kind is np.uint8 else 1 - stored
    np.testing.assert_allclose(read_image(tmp_path / "a.tif", background="black"), expected, atol=1e-6)


def test_a_range_that_a_file_states_is_of_floats_alone(tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[340], tags[341] = 0, 4095
    Image.fromarray(SIXTEEN).save(tmp_path / "a.tif", tiffinfo=tags)
    np.testing.assert_allclose(read_image(tmp_path / "a.tif", background="black"), SIXTEEN / 65535)


def test_sixteen_bits_may_have_a_transparent_grey(tmp_path):
    Image.fromarray(SIXTEEN).save(tmp_path / "a.png", transparency=int(SIXTEEN[0, 1]))
    level = read_image(tmp_path / "a.png", background="white")
    assert level[0, 1] == 1
    np.testing.assert_allclose(level[0, 2], SIXTEEN[0, 2] / 65535)


def test_a_file_of_another_kind_is_not_taken_for_an_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n")
    with pytest.raises(PicturesError, match="not an image that Pillow knows"):
        shape_of(tmp_path / "a.png")
    ONE.save(tmp_path / "gone.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    source = FolderSource(tmp_path)
    # A link that leads nowhere is named; it does not move the others.
    with pytest.raises(ConfigError, match=r"link.png: cannot be read \(No such file or directory\)"):
        check_pictures(source, [("link", 0)], alike=True)


def test_a_label_names_its_file_and_no_other(tmp_path):
    for name in ("1.png", "v1.png", "face.png", "thing.zarr.png"):
        ONE.save(tmp_path / name)
    source = FolderSource(tmp_path)
    assert source.label("face.png") == "face"
    assert source.label(1) == "1"
    assert source.labels() == ["1", "face", "thing_zarr", "v1"]
    for other in ("1.5", "v1.2", "face.jpg", "other/face.png"):
        with pytest.raises(PicturesError, match="is no picture of"):
            source.label(other)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_a_line_of_pixels_is_no_picture(tmp_path, shape):
    Image.new("L", shape).save(tmp_path / "a.png")
    source = FolderSource(tmp_path)
    with pytest.raises(ConfigError, match=r"which is too few \(allowed: at least 2 x 2; or set a size\)"):
        check_pictures(source, [("a", 0)], alike=True)


def test_only_the_file_of_a_run_decides_its_settings(tmp_path):
    from oscillator_field.study.settings import settings_of

    for name in ("a.png", "b.png"):
        ONE.save(tmp_path / name)

    def settings():
        study = study_of(f"{{pictures: {{dataset: folder, directory: '{tmp_path}'}}, embed: {{methods: []}}}}")
        return {name: settings_of(study, "encode", perturbation=name) for name in ("picture=a", "picture=b")}

    before = settings()
    TWO.save(tmp_path / "b.png")
    after = settings()
    assert before["picture=a"] == after["picture=a"]
    assert before["picture=b"] != after["picture=b"]
    moved = shutil.copytree(tmp_path, tmp_path.parent / "moved")
    shutil.rmtree(tmp_path)
    shutil.move(moved, tmp_path)
    assert settings() == after
