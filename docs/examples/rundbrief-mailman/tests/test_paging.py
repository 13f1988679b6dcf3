"""Pages by number, where reading without a gap wants them by row."""

from rundbrief_mailman.reading import SIZE, page_from

from rundbrief.paging import OVERLAP


def test_a_page_begins_where_it_has_to_or_before_and_goes_well_beyond_it() -> None:
    for offset in [*range(20_000), *range(20_000, 2_000_000, 997)]:
        size, page = page_from(offset)
        begins, ends = (page - 1) * size, page * size
        assert begins <= offset
        assert ends > offset + OVERLAP
        assert SIZE // 2 < size <= SIZE
