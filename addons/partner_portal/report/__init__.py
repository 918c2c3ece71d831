from . import prm_deal_report
