"""The expressions on which simulation and real server must agree."""

from __future__ import annotations

# Over the zoo of odd series.
ODD = """
odd_flat
odd_temperature
odd_temperature{zone="north"}
odd_temperature{zone!="north"}
odd_temperature{zone=~"no.*|east"}
odd_temperature{zone!~"no.*"}
{__name__=~"odd_(flat|one)"}
{zone="north",__name__!="odd_gaps"}
odd_text{path="a\\"b\\\\c"}
odd_text{word=~"gr.+e"}
odd_temperature{missing=""}
odd_one{extra!=""}
odd_temperature offset 10m
odd_temperature offset -5m
odd_temperature @ 1763205000
odd_temperature @ start()
odd_temperature @ end()
odd_temperature @ end() offset 3m
rate(odd_requests_total[5m])
rate(odd_requests_total[1m])
rate(odd_requests_total[20s])
rate(odd_requests_total[7m] offset 11m)
rate(odd_requests_total[5m] @ end())
increase(odd_requests_total[30m])
increase(odd_requests_total{code="200"}[1h])
delta(odd_temperature[10m])
delta(odd_gaps[10m])
irate(odd_requests_total[5m])
idelta(odd_temperature[5m])
rate(odd_gaps[10m])
rate(odd_sparse[10m])
irate(odd_sparse[10m])
rate(odd_nan[5m])
rate(odd_inf[5m])
deriv(odd_temperature[15m])
deriv(odd_big[10m])
deriv(odd_flat[10m])
deriv(odd_inf{kind="some"}[5m])
deriv(odd_gaps[20m])
predict_linear(odd_temperature[30m], 3600)
predict_linear(odd_negative[1h], -600)
predict_linear(odd_flat[1h], 600)
predict_linear(odd_big[10m] offset 5m, 60)
changes(odd_level[30m])
changes(odd_nan[10m])
resets(odd_requests_total[1h])
resets(odd_level[1h])
avg_over_time(odd_temperature[10m])
avg_over_time(odd_inf[10m])
min_over_time(odd_temperature[10m])
min_over_time(odd_nan[5m])
max_over_time(odd_nan[5m])
max_over_time(odd_inf[5m])
sum_over_time(odd_temperature[10m])
sum_over_time(odd_small[10m])
count_over_time(odd_gaps[15m])
last_over_time(odd_gaps[15m])
present_over_time(odd_gaps[5m])
stddev_over_time(odd_temperature[15m])
stdvar_over_time(odd_temperature[15m])
stdvar_over_time(odd_flat[15m])
stddev_over_time(odd_big[15m])
quantile_over_time(0.9, odd_temperature[15m])
quantile_over_time(0.5, odd_nan[5m])
quantile_over_time(-1, odd_temperature[5m])
quantile_over_time(2, odd_temperature[5m])
quantile_over_time(scalar(odd_flat) / 100, odd_temperature[5m])
absent(odd_missing)
absent(odd_missing{zone="a",kind=~"b.*",code="c"})
absent(odd_missing{zone="a",zone="b"})
absent(odd_flat)
absent(odd_gaps{zone="north"})
absent(sum(odd_missing))
absent_over_time(odd_gaps{zone="north"}[1m])
absent_over_time(odd_missing{zone="x"}[5m])
sum(odd_temperature)
sum by (zone) (odd_requests_total)
sum without (zone) (odd_requests_total)
sum by (missing) (odd_temperature)
sum(odd_nan)
sum(odd_gaps)
avg(odd_temperature)
avg by (code) (rate(odd_requests_total[5m]))
avg(odd_inf)
min(odd_nan)
max(odd_nan)
max by (zone) (odd_requests_total)
count(odd_gaps)
count by (zone) ({zone!=""})
group by (zone) (odd_temperature)
stddev(odd_temperature)
stdvar by (code) (odd_requests_total)
quantile(0.25, odd_temperature)
quantile by (code) (0.9, odd_requests_total)
quantile(1.5, odd_temperature)
quantile(0.5, odd_nan)
quantile(0.7, odd_gaps)
topk(2, odd_temperature)
topk(1, odd_temperature)
bottomk(2, odd_temperature)
topk by (code) (1, odd_requests_total)
topk(3, odd_tie)
bottomk(4, odd_tie)
topk(2, odd_nan)
topk(0, odd_temperature)
topk(100, odd_temperature)
count_values("value", odd_tie)
count_values by (zone) ("level", odd_level)
count_values("value", odd_nan)
odd_temperature + 1
1 - odd_temperature
odd_temperature * 2 ^ 3
2 ^ 3 ^ 2
-2 ^ 2
-odd_temperature
-odd_negative % 7
odd_negative % 7
odd_temperature / 0
0 / 0 * odd_flat
1 / 3
7 % -3
odd_temperature atan2 odd_flat
odd_temperature > 22
22 < odd_temperature
odd_temperature >= bool 22
odd_level == 2
odd_level != bool 2
odd_nan == odd_nan
odd_nan != odd_nan
1 > bool 2
odd_temperature > bool odd_level
odd_temperature > odd_level * 8
odd_temperature - odd_level
odd_temperature + on (zone) odd_level
odd_temperature * on (zone) group_right () odd_requests_total
odd_requests_total / on (zone) group_left () odd_level
odd_requests_total * on (zone) group_left (extra) odd_one
odd_requests_total * ignoring (code) group_left (extra) odd_one
odd_requests_total > on (zone) group_left () odd_level * 100
odd_one / ignoring (extra) odd_level
odd_requests_total{code="200"} / ignoring (code) odd_requests_total{code="500"}
sum(odd_temperature) / count(odd_temperature)
odd_gaps / odd_temperature
odd_gaps and odd_temperature
odd_temperature and on (zone) odd_one
odd_temperature and on () (odd_flat > 100)
odd_temperature unless on (zone) odd_one
odd_temperature unless odd_gaps
odd_gaps or odd_temperature
odd_gaps or on (zone) odd_temperature
odd_temperature or vector(1)
odd_level == 1 or odd_level == 2
(odd_gaps or odd_temperature) and odd_level > 0
abs(odd_negative)
ceil(odd_temperature)
floor(odd_negative)
round(odd_temperature)
round(odd_negative, 0.25)
round(odd_temperature, 10)
clamp(odd_temperature, 18, 24)
clamp(odd_temperature, 24, 18)
clamp_min(odd_nan, 100)
clamp_max(odd_temperature, 21)
exp(odd_level)
ln(odd_temperature)
ln(odd_negative)
log2(odd_big)
log10(odd_small)
sqrt(odd_temperature)
sgn(odd_negative)
sin(odd_temperature)
deg(odd_level)
cosh(odd_level)
time()
time() - odd_flat
timestamp(odd_flat)
timestamp(odd_gaps)
timestamp((odd_sparse))
timestamp(odd_flat + 1)
timestamp(odd_flat offset 10m)
vector(3)
vector(time())
scalar(odd_flat)
scalar(odd_temperature)
scalar(odd_gaps{zone="north"})
pi()
hour()
minute(odd_stamp)
hour(odd_stamp)
day_of_week(odd_stamp)
day_of_month(odd_stamp)
day_of_year(odd_stamp)
days_in_month(odd_stamp)
month(odd_stamp)
year(odd_stamp)
histogram_quantile(0.9, odd_seconds_bucket)
histogram_quantile(0.5, rate(odd_seconds_bucket[5m]))
histogram_quantile(0.99, sum by (le) (rate(odd_seconds_bucket[10m])))
histogram_quantile(0, odd_seconds_bucket)
histogram_quantile(1, odd_seconds_bucket)
histogram_quantile(-0.1, odd_seconds_bucket)
histogram_quantile(1.1, odd_seconds_bucket)
histogram_quantile(0.5, odd_seconds_bucket{le!="+Inf"})
histogram_quantile(0.5, odd_seconds_bucket{le=~"1|.Inf"})
histogram_quantile(0.5, odd_seconds_bucket{le="+Inf"})
histogram_quantile(scalar(odd_flat) / 100, odd_seconds_bucket)
label_replace(odd_temperature, "place", "the $1", "zone", "(.*)th")
label_replace(odd_temperature, "place", "${1}x$2", "zone", "(.)(.*)")
label_replace(odd_temperature, "zone", "", "zone", "east")
label_replace(odd_temperature, "new", "none", "missing", "")
label_join(odd_requests_total, "both", "-", "zone", "code")
sort(odd_temperature)
sort_desc(odd_temperature)
max_over_time(rate(odd_requests_total[5m])[30m:1m])
avg_over_time(odd_temperature[20m:])
sum_over_time(odd_gaps[20m:47s])
rate(odd_requests_total[30m:2m])
rate(sum by (zone) (odd_requests_total)[30m:1m])
deriv(rate(odd_requests_total[5m])[15m:30s] offset 5m)
min_over_time((odd_temperature - 20)[10m:15s] @ end())
count_over_time(vector(1)[10m:1m])
quantile_over_time(0.5, (odd_level > 0)[30m:1m])
max_over_time(sum(odd_level)[20m:3m])
last_over_time(topk(1, odd_temperature)[10m:1m])
sum(rate(odd_requests_total{code="500"}[5m])) by (zone) / sum(rate(odd_requests_total[5m])) by (zone)
100 * (1 - odd_gaps / ignoring () (odd_gaps > 0))
avg by (zone) ({__name__=~"odd_temperature|odd_level"})
sum(sum_over_time(odd_level[5m])) without (zone)
holt_winters(odd_temperature[10m], 0.3, 0.1)
holt_winters(odd_gaps[15m], 0.5, 0.5)
holt_winters(odd_nan[5m], 0.9, 0.2)
holt_winters(odd_level[20m:2m], scalar(odd_flat) / 100, 0.4)
holt_winters(odd_temperature[10m] @ end(), 0.2, 0.8)
holt_winters(odd_sparse[1m], 0.2, 0.8)
predict_linear(odd_gaps[20m] offset 7m, 600)
predict_linear(odd_temperature[30m:1m], 600)
predict_linear(odd_negative[10m], scalar(odd_flat))
max_over_time(predict_linear(odd_temperature[10m], 60)[20m:2m])
deriv(odd_temperature[15m] @ end())
deriv(odd_temperature[15m] @ start() offset -40m)
deriv(odd_temperature[30m:90s])
deriv(odd_requests_total[10m:1m] offset 5m)
deriv(odd_big[20m] @ 1763205000 offset 5m)
rate(odd_requests_total[5m] @ 1763205000)
rate(odd_requests_total[10m:1m] @ end() offset 2m)
increase(odd_requests_total[30m] @ start() offset -1h)
irate(odd_requests_total[5m] @ end())
delta(odd_temperature[10m:1m])
idelta(odd_temperature[10m:1m] offset 1m)
changes(odd_level[30m:1m])
resets(odd_level[30m:1m])
avg_over_time(odd_temperature[10m] @ end())
quantile_over_time(0.3, odd_temperature[10m] @ start() offset -1h)
stddev_over_time(odd_temperature[20m:1m] @ end())
last_over_time(odd_gaps[15m] @ end())
absent_over_time(odd_gaps{zone="north"}[1m] @ end())
sum_over_time(sum_over_time(odd_level[2m])[10m:2m])
max_over_time(avg_over_time(odd_temperature[5m])[30m:5m] offset 10m)
min_over_time(min_over_time(odd_temperature[3m:1m])[12m:3m])
avg_over_time(vector(time())[10m:1m])
holt_winters(odd_temperature[10m], 0.5, NaN)
odd_temperature atan2 on (zone) odd_level
odd_temperature atan2 ignoring (zone) group_left odd_flat
sum_over_time(vector(time())[5m:1m])
count_over_time((odd_temperature > 20)[20m:1m])
rate(odd_requests_total[5m]) > 0.1 and odd_requests_total > 100
odd_temperature{zone=~"[[:alpha:]]+th"}
odd_temperature{zone=~"(?i)NORTH|EAST"}
odd_temperature{zone=~"n(?i)ORTH"}
odd_temperature{zone=~"\\\\pL{5}"}
odd_temperature{zone!~"\\\\PL*x|\\\\p{Lu}.*"}
odd_temperature{zone=~"\\\\Qnorth\\\\E"}
odd_temperature{zone=~"north$|^south\\\\z"}
odd_temperature{zone=~"[^[:^lower:]]{4}"}
odd_temperature{zone=~"(?U)n.*h"}
odd_temperature{zone=~"(?P<first>n)orth"}
odd_temperature{zone=~"n\\\\x6frth|\\\\x{73}outh"}
odd_temperature{zone=~"(?s:.)ast"}
odd_text{word=~"gr\\\\w+"}
odd_text{word=~"gr\\\\W+\\\\we"}
odd_text{word=~"gr[ö-ü]ße"}
odd_text{word=~"(?i)GRÖßE"}
odd_text{path=~"a.b\\\\\\\\c"}
odd_text{path=~`a"b\\\\c`}
odd_temperature{zone=~"x{,5}|east"}
odd_temperature{zone=~".{4,5}"}
odd_temperature{zone=~""}
odd_temperature{missing=~".*"}
odd_temperature{zone!=""}
odd_temperature{zone=~"(|north)"}
label_replace(odd_temperature, "place", "$first-$2", "zone", "(?P<first>.)(.*)")
label_replace(odd_temperature, "place", "$1", "zone", "(?i)(N[[:alpha:]]+)")
label_replace(odd_temperature, "place", "$$1$", "zone", "(.*)")
label_replace(odd_text, "first", "$1", "word", "(\\\\pL).*")
label_join(odd_temperature, "zone", "/", "zone", "missing", "zone")
histogram_count(odd_temperature)
histogram_sum(rate(odd_requests_total[5m]))
histogram_fraction(0, 1, odd_temperature)
histogram_quantile(0.9, odd_temperature)
histogram_quantile(0.5, odd_seconds_bucket or odd_temperature)
sum by (le) (odd_seconds_bucket)
odd_temperature ^ 2
2 ^ -odd_level
odd_temperature % -7
odd_inf / odd_inf
-odd_inf
odd_big * odd_small
odd_level atan2 0
odd_temperature > on (zone) group_left () odd_one
odd_temperature == bool odd_temperature offset 15s
odd_temperature unless on () odd_missing
odd_missing or on () vector(7)
absent(odd_gaps) or odd_gaps
sum(odd_inf)
avg by (zone) (odd_gaps offset 3m)
quantile(0.5, odd_tie)
topk by (zone) (1, odd_requests_total) > 50
bottomk(1, odd_gaps)
count_values("v", round(odd_temperature))
stddev by (zone) (odd_requests_total)
group(odd_missing)
count without (code, zone) (odd_requests_total)
clamp(odd_inf, -5, 5)
clamp(odd_nan, 0, 10)
round(odd_inf)
round(odd_temperature, 0.1)
asin(odd_level / 4)
tanh(odd_small)
rad(odd_temperature)
sgn(odd_inf)
sqrt(odd_negative)
timestamp(odd_gaps offset 2m)
timestamp(odd_temperature @ end())
hour(vector(1e9))
month(odd_negative)
days_in_month(vector(1709210000))
scalar(odd_missing)
vector(scalar(odd_flat) * 2)
time() - timestamp(odd_temperature)
odd_big
odd_small
odd_inf
odd_nan
odd_text
odd_missing
""".strip().splitlines()

# At a moment only: over time the real server loses samples from step to step.
FIXED = """
predict_linear(odd_temperature[30m] @ end(), 3600)
predict_linear(odd_temperature[30m] @ 1763205000, 60)
predict_linear(odd_temperature[20m] @ start() offset -30m, 60)
predict_linear(odd_temperature[30m:1m] @ end(), 600)
predict_linear(odd_temperature[30m:1m] @ end() offset 3m, 600)
""".strip().splitlines()

# Over the simulated homelab: what rules, dashboards and investigators ask.
HOMELAB = """
up
count by (job) (up)
up == 0
sum by (job) (up) / count by (job) (up)
scrape_duration_seconds > 0.01
node_load1
node_load5 / count without (cpu, mode) (node_cpu_seconds_total{mode="idle"})
1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))
1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal"}[5m])))
avg without (cpu, mode) (rate(node_cpu_seconds_total{mode="iowait"}[2m]))
sum by (instance, mode) (rate(node_cpu_seconds_total[5m]))
topk(3, sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])))
node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes
1 - node_memory_SwapFree_bytes / (node_memory_SwapTotal_bytes > 0)
rate(node_pressure_memory_waiting_seconds_total[5m])
increase(node_vmstat_oom_kill[15m])
node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.5
1 - node_filesystem_avail_bytes{fstype!~"squashfs"} / (node_filesystem_size_bytes{fstype!~"squashfs"} > 0)
predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600)
predict_linear(node_filesystem_avail_bytes{mountpoint="/tank/media"}[1h], 4 * 3600) < 0
deriv(node_filesystem_avail_bytes[30m])
node_filesystem_avail_bytes / (-deriv(node_filesystem_avail_bytes[30m]) > 0)
1 - node_filesystem_avail_bytes / (max_over_time(node_filesystem_avail_bytes[1h]) > 0)
1 - node_filesystem_files_free / node_filesystem_files
rate(node_disk_io_time_seconds_total[5m])
rate(node_disk_written_bytes_total[5m])
rate(node_disk_write_time_seconds_total[5m]) / rate(node_disk_writes_completed_total[5m])
sum without (device) (rate(node_network_receive_bytes_total{device!="lo"}[5m])) * 8
rate(node_network_receive_errs_total[5m]) / (rate(node_network_receive_packets_total[5m]) > 0)
abs(node_timex_offset_seconds)
node_time_seconds - timestamp(node_time_seconds)
abs(node_time_seconds - timestamp(node_time_seconds)) > 0.0001
node_time_seconds - node_boot_time_seconds
node_load1 * on (instance) group_left (nodename) node_uname_info
probe_success == 0
probe_duration_seconds{job="blackbox-http"}
(probe_ssl_earliest_cert_expiry - time()) / 86400
avg_over_time(probe_success[30m])
sum by (phase) (probe_http_duration_seconds)
histogram_quantile(0.95, sum by (le, handler) (rate(prometheus_http_request_duration_seconds_bucket[15m])))
rate(prometheus_tsdb_head_samples_appended_total[5m])
min_over_time(up[30m])
changes(up[1h])
absent(up{job="nothing"})
count({instance="nas.lan:9100"})
quantile_over_time(0.95, node_load1[1h])
max_over_time(rate(node_network_receive_bytes_total{device="enp3s0"}[2m])[1h:1m])
stddev_over_time(node_load1[30m])
avg_over_time(node_load1[1h]) - avg_over_time(node_load1[1h] offset 1h)
label_replace(up, "host", "$1", "instance", "([^:]+):.*")
""".strip().splitlines()

# What cannot be answered, and must fail in the same words.
FAILING = """
odd_requests_total * on (zone) odd_level
odd_level * on (zone) odd_requests_total
odd_requests_total * on () group_left () odd_level
odd_temperature * on (zone) group_left (code) odd_requests_total
rate({__name__=~"odd_(flat|big)"}[5m])
abs({__name__=~"odd_(flat|big)"})
-{__name__=~"odd_(flat|big)"}
label_replace(odd_temperature, "zone", "same", "zone", ".*")
label_replace(odd_temperature, "a-b", "x", "zone", ".*")
label_replace(odd_temperature, "a", "x", "zone", "(")
label_join(odd_temperature, "a-b", ",", "zone")
label_join(odd_temperature, "zone", ",", "missing")
count_values("a-b", odd_level)
topk(NaN, odd_level)
holt_winters(odd_temperature[10m], 0, 0.5)
holt_winters(odd_temperature[10m], 0.5, 1)
holt_winters(odd_temperature[10m], 1e30, 0.5)
label_replace(odd_temperature, "a", "x", "zone", "(?=a)")
label_replace(odd_temperature, "a", "x", "zone", "a**")
topk(scalar(odd_missing), odd_level)
topk(1e30, odd_level)
""".strip().splitlines()
