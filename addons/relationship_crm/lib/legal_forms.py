"""Legal forms of companies, which say nothing about who a company is.

From the registers of many countries; the codes are those of ISO 20275 (the Entity Legal Forms list
that GLEIF publishes), kept here as people write them. All in the folded form of
:func:`names.fold`: lower case, no diacritics, no dots.
"""

from __future__ import annotations

#: Vietnamese forms; a name with one of these also abbreviates its trade (see `VIETNAMESE_TRADES`).
VIETNAMESE = """
    cong ty tnhh mot thanh vien|cong ty tnhh mtv|cong ty tnhh 1 thanh vien|cong ty tnhh
    cong ty trach nhiem huu han mot thanh vien|cong ty trach nhiem huu han|cong ty co phan
    cong ty cp|cong ty hop danh|cong ty|cty tnhh mtv|cty tnhh|cty cp|cty|tnhh mtv|tnhh|ctcp|mtv
    dntn|doanh nghiep tu nhan|tap doan|tong cong ty|hop tac xa|htx|co phan|ho kinh doanh|hkd
"""

#: How Vietnamese companies shorten what they do.
VIETNAMESE_TRADES: dict[str, tuple[str, ...]] = {
    "tm": ("thuong", "mai"),
    "dv": ("dich", "vu"),
    "tmdv": ("thuong", "mai", "dich", "vu"),
    "xd": ("xay", "dung"),
    "sx": ("san", "xuat"),
    "xnk": ("xuat", "nhap", "khau"),
    "nk": ("nhap", "khau"),
    "xk": ("xuat", "khau"),
    "dt": ("dau", "tu"),
    "vt": ("van", "tai"),
    "pt": ("phat", "trien"),
    "kt": ("ky", "thuat"),
}

#: Arabic forms: company, establishment, limited, joint stock, free zone, group …
ARABIC = """
    شركه ذات مسووليه محدوده|ذات مسووليه محدوده|ذات المسووليه المحدوده|شركه مساهمه مقفله
    شركه مساهمه|شركه|موسسه|المحدوده|محدوده|مساهمه عامه|مساهمه|شخص واحد|ذمم|شمم|شمع|شمل|شمح|ممح
    شتو|ش ذمم|ش مم|مجموعه شركات|شركات
"""

#: Forms that also stand before the name.
BEFORE = """
    ооо|оао|зао|пао|ао|ип|тов|ат|пат|прат|дп|чп|фоп|тоо|ooo|oao|zao|pao|too|pt|cv|kk
    kabushiki kaisha|kabushikigaisha|godo kaisha|yugen kaisha|sarl|eurl|sas|sasu|sa|sci|scop|gie
    selarl|ste|ets|societe|uab|sia|ou|eood|ood
"""

#: Forms that stand behind the name only: before it they may be part of it.
BEHIND = """
    gmbh|ggmbh|mbh|gesmbh|gmbh co kg|gmbh and co kg|gmbh co kgaa|ug haftungsbeschrankt|ug|ag|kg
    kgaa|co kg|co kgaa|ohg|ev|eg|gbr|ek|eu|se|sce|ltd|limited|co ltd|company limited|co limited
    company ltd|pte ltd|pte|pty ltd|pty|pvt ltd|pvt|private limited|smc private limited
    smc pvt ltd|nig ltd|sdn bhd|bhd|berhad|plt|company|co|and co|corporation|corp|incorporated
    inc|llc|co llc|limited liability company|llp|lp|lc|plc|public limited company|pllc|pa|ulc
    unlimited|cic|dac|opc|cc|close corporation|soc ltd|jsc|cjsc|ojsc|pjsc|joint stock company
    joint stock|group of companies|ab|ab publ|publ|as|asa|aps|ans|da|ks|ps|hf|ehf|sf|oy|oyj|ky
    sa|sas|sasu|sarl|sa rl|sarl au|suarl|eurl|snc|sci|scs|sca|scop|gie|selarl|societe anonyme
    societe a responsabilite limitee|societe par actions simplifiee|bv|nv|vof|cv|cvba|bvba|sprl
    srl|sc|scp|scrl|vzw|asbl|besloten vennootschap|naamloze vennootschap|stichting|maatschap|spa
    sapa|ss|sagl|srl d|srls|societa a responsabilita limitata|societa per azioni|sl|slu|slne|sll
    sad|sal|scoop|sociedad anonima|sociedad limitada|sociedad de responsabilidad limitada
    sa de cv|s de rl de cv|sapi de cv|de cv|s de rl|srl de cv|ltda|ltda me|epp|eireli|sac|saic
    lda|unipessoal lda|sgps|crl|limitada|spolka z ograniczona odpowiedzialnoscia|spolka akcyjna
    sp zoo|sp z oo|spzoo|zoo|sp k|sp j|spk|spj|sro|spol sro|spol s ro|vos|kft|bt|zrt|nyrt|kkt|rt
    doo|dd|jdoo|dno|ad|ead|ood|eood|sia|uab|ou|pfa|ae|epe|ike|oe|aebe|αε|επε|ικε|οε|εε
    μονοπροσωπη ικε|оод|еоод|ад|еад|ооо|оао|зао|пао|ао|тов|anonim sirketi|anonim sti
    limited sirketi|ltd sti|ltd sirketi|sti|sirketi|as ve ticaret|ticaret ve sanayi as|kk|gk|yk
    kabushiki kaisha|kabushikigaisha|godo kaisha|yugen kaisha|jusik hoesa|yuhan hoesa|tbk
    persero|tbk pt|pcl|co pcl|wll|bsc|bsc closed|qsc|qpsc|psc|saog|saoc|spc|fzc|fze|fz llc|fz co
    fzco|fzllc|dmcc|dwc llc|est|establishment|sae|ksc|kscc|kscp
"""

#: What is written without spaces beside the name.
GLUED: tuple[str, ...] = (
    "株式会社", "有限会社", "合同会社", "股份有限公司", "有限责任公司", "有限責任公司", "有限公司",
    "股份公司", "集团公司", "주식회사", "유한회사", "(株)", "(有)", "(주)", "(유)",
)  # fmt: skip

#: Words that join: of no weight in a name.
SMALL_WORDS: frozenset[str] = frozenset(
    """
    the and und et y e i og och en ja ve va amp of for de del della di da do dos du des der die das
    den la le les los las al el ul ve fur pour para
    """.split()
) | {"و", "في"}


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    """The forms of a list, each as its words.

    >>> sorted(_phrases("co ltd|ltd"))
    [('co', 'ltd'), ('ltd',)]
    """
    lines = (line for line in text.splitlines() if line.strip())
    return frozenset(tuple(form.split()) for line in lines for form in line.split("|"))


VIETNAMESE_FORMS: frozenset[tuple[str, ...]] = _phrases(VIETNAMESE)
FORMS_BEFORE: frozenset[tuple[str, ...]] = VIETNAMESE_FORMS | _phrases(ARABIC) | _phrases(BEFORE)
FORMS: frozenset[tuple[str, ...]] = FORMS_BEFORE | _phrases(BEHIND)
LONGEST: int = max(map(len, FORMS))
